// What the chat is built from: texts, elements, links, storage, ids.

const t = (key, params) => (settings.texts[key] || '')
  .replace(/\{(\w+)\}/g, (all, name) => (params && name in params ? String(params[name]) : all));

function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === true) e.setAttribute(k, '');
    else if (v !== false && v !== null && v !== undefined) e.setAttribute(k, String(v));
  }
  for (const c of children) if (c !== null && c !== undefined && c !== false) e.append(c);
  return e;
}

// Session storage that a browser may refuse: then only memory remembers.
const keep = {
  memory: new Map(),
  get(k) {
    try { const v = sessionStorage.getItem(k); if (v !== null) return v; } catch (e) { /* refused */ }
    return this.memory.has(k) ? this.memory.get(k) : null;
  },
  set(k, v) {
    this.memory.set(k, v);
    try { sessionStorage.setItem(k, v); } catch (e) { /* refused or full */ }
  },
  drop(k) {
    this.memory.delete(k);
    try { sessionStorage.removeItem(k); } catch (e) { /* refused */ }
  },
};

function newID() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}

// The same pattern stands in pieces.go for the page without JavaScript.
const links = /https?:\/\/[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+44[ \d]{9,14}\d|\b0\d[ \d]{7,11}\d\b|\b116 ?123\b|\b999\b/g;

function hrefOf(found, before) {
  if (found.startsWith('http')) return found;
  if (found.includes('@')) return 'mailto:' + found;
  if (/[0-9.,\-/+#£]$/.test(before)) return ''; // part of something longer
  return 'tel:' + found.replace(/ /g, '');
}

// withLinks cuts a line of ours into words and links.
function withLinks(text) {
  const out = [];
  let from = 0;
  for (const m of text.matchAll(links)) {
    let found = m[0];
    if (found.startsWith('http')) found = found.replace(/[.,;:!?)'’”]+$/, '');
    out.push(text.slice(from, m.index));
    from = m.index + found.length;
    const href = hrefOf(found, text.slice(0, m.index));
    out.push(href ? el('a', { href }, found) : found);
  }
  out.push(text.slice(from));
  return out.filter((p) => p !== '');
}

function webLink(raw, base) {
  try {
    const u = new URL(raw, base);
    return u.protocol === 'https:' || u.protocol === 'http:' ? u.href : '';
  } catch (e) {
    return '';
  }
}

function timeOf(at) {
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return el('time', {});
  const today = d.toDateString() === new Date().toDateString();
  const parts = { hour: '2-digit', minute: '2-digit' };
  if (!today) Object.assign(parts, { weekday: 'long', day: 'numeric', month: 'long' });
  return el('time', { datetime: d.toISOString() }, d.toLocaleString('en-GB', parts));
}

