// Putting new pieces of a page in the place of old ones without disturbing who works in them.

// plain is a piece without what changes by itself: ages, the one-time id of a form, and how far the page has been read.
const plain = (html) => html.replace(/(<time[^>]*data-age[^>]*>)[^<]*/g, '$1').replace(/(name="(?:client_id|seen)" value=")[^"]*/g, '$1');
const shown = new WeakMap();

// dirty says that somebody has typed into a piece, or stands in a field of it.
function dirty(el) {
  const active = document.activeElement;
  if (el.contains(active) && active.matches('input:not([type=hidden]), textarea, select')) return true;
  for (const f of el.querySelectorAll('input:not([type=hidden]), textarea, select')) {
    if (f.type === 'checkbox' || f.type === 'radio') { if (f.checked !== f.defaultChecked && f.id !== 'enter-sends') return true; }
    else if (f.tagName === 'SELECT') { if ([...f.options].some((o) => o.selected !== o.defaultSelected) && [...f.options].some((o) => o.defaultSelected)) return true; }
    else if (f.value !== f.defaultValue) return true;
  }
  return false;
}

// remember notes how a piece came from the server, so that a change is told from what a browser made of it.
export function remember(el) { shown.set(el, plain(el.outerHTML)); }

// replace puts fresh in the place of old, if it differs. What is open stays open, and focus stays. A piece in which
// somebody is at work is left, with a word that there is something newer; true when it was replaced.
export function replace(old, fresh, { force = false } = {}) {
  const html = plain(fresh.outerHTML);
  if (shown.get(old) === html && !force) return false;
  if (!force && dirty(old)) {
    stale(old, fresh);
    return false;
  }
  const playing = [...old.querySelectorAll('audio')];
  const open = [...old.querySelectorAll('details[open]')].map((d) => d.id);
  const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
  const scroll = old.scrollTop;
  for (const id of open) fresh.querySelector(`details[id="${id}"]`)?.setAttribute('open', '');
  shown.set(fresh, html);
  old.replaceWith(fresh);
  // A player goes on playing: its element is moved over, not made anew.
  for (const a of playing) fresh.querySelector(`audio[data-recording="${a.dataset.recording}"]`)?.replaceWith(a);
  if (focus) (document.getElementById(focus) || fresh.querySelector('button, a, summary, textarea'))?.focus({ preventScroll: true });
  fresh.scrollTop = scroll;
  return true;
}

function stale(old, fresh) {
  if (!old.querySelector(':scope > .c-stale')) {
    const p = document.createElement('p');
    p.className = 'c-stale';
    p.setAttribute('role', 'status');
    p.append('This was changed meanwhile. What you typed is kept. ');
    const b = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Show the change and drop mine' });
    p.append(b);
    old.prepend(p);
  }
  const button = old.querySelector(':scope > .c-stale button');
  button.onclick = () => replace(old, fresh, { force: true });
}
