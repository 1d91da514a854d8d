// The chat itself, alike on the page and in the widget. It talks as
// PROTOCOL.md says. Words are only ever set as text, never as markup.

const maxFrameBytes = 16000;

// mountChat brings a chat to life in root, whose parts are marked data-hl.
// opts: base (the service's address), token (true: the secret is kept here
// and not in a cookie), scroller (null: the window), ended(), arrived(frame).
function mountChat(root, opts) {
  const part = (name) => root.querySelector('[data-hl="' + name + '"]');
  const [log, lines, box, form, banner, typing, error, ref, unread] =
    ['log', 'lines', 'box', 'form', 'banner', 'typing', 'error', 'ref', 'unread'].map(part);
  const at = { token: 'helpline.token', outbox: 'helpline.outbox', draft: 'helpline.draft' };
  const socketURL = opts.base.replace(/^http/, 'ws') + '/chat/ws';
  const shown = new Map(); // message id → its line
  let outbox = [];
  let seq = Number(root.dataset.last) || 0;
  let conversation = root.dataset.ref || '';
  let socket = null;
  let welcomed = false;
  let inFlight = '';
  let tries = 0;
  let wasLost = false;
  let over = true; // not opened, or ended
  let heardAt = 0;
  let typedAt = 0;
  const timers = {};
  const after = (name, ms, fn) => { clearTimeout(timers[name]); timers[name] = setTimeout(fn, ms); };
  const cancel = (name) => clearTimeout(timers[name]);

  try { outbox = JSON.parse(keep.get(at.outbox) || '[]'); } catch (e) { outbox = []; }
  if (!Array.isArray(outbox)) outbox = [];
  for (const li of lines.querySelectorAll('[data-id]')) shown.set(li.dataset.id, li);
  outbox = outbox.filter((m) => m && m.id && !shown.has(m.id));
  for (const m of outbox) addPending(m);
  saveOutbox();
  if (!box.value) box.value = keep.get(at.draft) || '';

  function saveOutbox() {
    if (outbox.length) keep.set(at.outbox, JSON.stringify(outbox));
    else keep.drop(at.outbox);
  }

  // --- what is shown ---

  function nearEnd() {
    const s = opts.scroller || document.scrollingElement;
    return s.scrollHeight - s.scrollTop - s.clientHeight < 160;
  }

  function scrollTo(li) {
    const s = opts.scroller;
    if (!s) {
      li.scrollIntoView({ block: li.offsetHeight > innerHeight / 2 ? 'start' : 'nearest' });
      if (li.offsetHeight <= innerHeight / 2) scrollBy(0, Math.max(0, li.getBoundingClientRect().bottom - form.getBoundingClientRect().top + 48));
      return;
    }
    const top = li.getBoundingClientRect().top - s.getBoundingClientRect().top + s.scrollTop;
    s.scrollTop = li.offsetHeight > s.clientHeight * 0.8 ? top - 8 : s.scrollHeight;
  }

  function lineOf(f) {
    const who = f.kind === 'person' ? t('you') : f.kind === 'staff' ? f.name || t('staff') : t(f.kind);
    const bubble = el('div', { class: 'hl-bubble' },
      f.urgent && el('p', { class: 'hl-label' }, t('urgent')),
      el('p', { class: 'hl-text', dir: 'auto' }, ...(f.kind === 'person' ? [f.text] : withLinks(f.text))));
    const sources = (f.sources || []).map((s) => [s, webLink(s.link, opts.base)]).filter(([, href]) => href);
    if (sources.length) {
      bubble.append(el('ul', { class: 'hl-sources' }, ...sources.map(([s, href]) => el('li', {},
        el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, t('source', { title: s.title }) + ' ',
          el('span', { class: 'hl-quiet' }, t('source.tab')))))));
    }
    const li = el('li', { class: 'hl-line hl-' + f.kind + (f.urgent ? ' hl-urgent' : '') },
      el('p', { class: 'hl-who' }, el('span', {}, who), ' ', timeOf(f.at || Date.now())), bubble);
    if (f.kind === 'person') li.append(el('p', { class: 'hl-status', 'aria-live': 'off' }));
    if (f.choices && f.choices.length) {
      li.append(el('div', { class: 'hl-choices', role: 'group', 'aria-label': t('choices') },
        ...f.choices.map((c) => el('button', { type: 'button', 'data-choice': c }, c))));
    }
    return li;
  }

  // put adds a line before those that are not stored yet.
  function put(li, pending) {
    part('empty').hidden = true;
    part('end').hidden = false;
    dropChoices();
    const first = pending ? null : lines.querySelector('.hl-pending');
    lines.insertBefore(li, first);
  }

  function dropChoices() {
    for (const c of lines.querySelectorAll('.hl-choices')) {
      const had = c.contains(root.getRootNode().activeElement);
      c.remove();
      if (had) box.focus({ preventScroll: true });
    }
  }

  function setStatus(id, key) {
    const li = shown.get(id);
    const status = li && li.querySelector('.hl-status');
    if (!status) return;
    status.textContent = t('status.' + key);
    li.classList.toggle('hl-pending', key !== 'stored');
    li.classList.toggle('hl-unsent', key === 'waiting' || key === 'failed');
  }

  function addPending(m) {
    const li = lineOf({ kind: 'person', text: m.text, at: m.at });
    li.dataset.id = m.id;
    shown.set(m.id, li);
    put(li, true);
    setStatus(m.id, welcomed ? 'sending' : 'waiting');
    return li;
  }

  function say(words, seconds) {
    banner.textContent = words;
    cancel('banner');
    if (seconds) after('banner', seconds * 1000, () => { banner.textContent = ''; });
  }

  function fail(words) {
    error.textContent = words ? t('error.heading') + '. ' + words : '';
    if (words) box.setAttribute('aria-invalid', 'true');
    else box.removeAttribute('aria-invalid');
  }

  // --- sending ---

  function submit(raw, fromBox) {
    const text = raw.replace(/\r\n?/g, '\n').trim();
    const length = Array.from(text).length;
    if (!length) { fail(t('error.empty')); box.focus(); return; }
    if (length > settings.maxText) {
      fail(t('error.too_long', { n: length, max: settings.maxText }));
      box.focus();
      return;
    }
    if (new TextEncoder().encode(JSON.stringify(text)).length > maxFrameBytes) { fail(t('error.too_big')); box.focus(); return; }
    fail('');
    const m = { id: newID(), text, at: Date.now() };
    outbox.push(m);
    saveOutbox();
    if (fromBox) {
      box.value = '';
      grow();
      keep.drop(at.draft);
    }
    scrollTo(addPending(m));
    flush();
  }

  // flush sends the oldest unsent message. One at a time keeps their order
  // whatever is refused.
  function flush() {
    if (!welcomed || inFlight || !outbox.length) return;
    const m = outbox[0];
    inFlight = m.id;
    setStatus(m.id, 'sending');
    send({ type: 'say', id: m.id, text: m.text });
    after('stored', 15000, lost);
  }

  function stored(id) {
    outbox = outbox.filter((m) => m.id !== id);
    saveOutbox();
    setStatus(id, 'stored');
    if (inFlight === id) { inFlight = ''; cancel('stored'); }
    flush();
  }

  function refused(f) {
    const m = outbox.find((x) => x.id === f.id);
    if (inFlight === f.id) { inFlight = ''; cancel('stored'); }
    if (!m) { if (f.text) say(f.text, 8); return; }
    if (f.retry || f.code === 'unavailable' || f.code === 'slow_down') {
      setStatus(m.id, 'waiting');
      say(f.text, 8);
      after('retry', f.retry || 2000, flush);
      return;
    }
    // It will never be taken as it is: the words go back to where they can be changed.
    outbox = outbox.filter((x) => x !== m);
    saveOutbox();
    if (!box.value) {
      box.value = m.text;
      const li = shown.get(m.id);
      if (li) li.remove();
      shown.delete(m.id);
    } else {
      setStatus(m.id, 'failed');
    }
    fail(f.text);
    flush();
  }

  function send(frame) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  // --- the connection ---

  function connect() {
    cancel('again');
    if (over || socket) return;
    let ws;
    try { ws = new WebSocket(socketURL); } catch (e) { lost(); return; }
    socket = ws;
    welcomed = false;
    after('welcome', 10000, lost);
    ws.onopen = () => { if (socket === ws) hello(); };
    ws.onmessage = (e) => {
      if (socket !== ws) return;
      heardAt = Date.now();
      cancel('silence');
      let f = null;
      try { f = JSON.parse(e.data); } catch (err) { return; }
      hear(f);
    };
    ws.onclose = () => { if (socket === ws) lost(); };
  }

  function hello() {
    send({ type: 'hello', token: opts.token ? keep.get(at.token) || '' : '', after: seq, ref: conversation });
  }

  function hangUp() {
    const ws = socket;
    socket = null;
    welcomed = false;
    inFlight = '';
    for (const name of ['welcome', 'stored', 'silence', 'retry', 'again']) cancel(name);
    if (ws) { try { ws.close(); } catch (e) { /* it is gone */ } }
  }

  function lost() {
    hangUp();
    if (over) return;
    for (const m of outbox) setStatus(m.id, 'waiting');
    typing.textContent = '';
    wasLost = true;
    // A hiccup that the first try mends needs no words.
    after('tell', tries ? 0 : 1500, () => { if (!welcomed) say(t('connection.lost')); });
    const wait = Math.min(30000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
    tries += 1;
    after('again', wait, connect);
  }

  // look makes sure, without waiting, that the connection is what it seems.
  function look() {
    if (over) return;
    if (!socket) { tries = 0; connect(); return; }
    if (welcomed) {
      send({ type: 'ping' });
      after('silence', 6000, lost);
    }
  }

  function hear(f) {
    switch (f.type) {
      case 'welcome':
        cancel('welcome');
        cancel('tell');
        if (f.token && opts.token) keep.set(at.token, f.token);
        if (f.ref !== conversation) { conversation = f.ref || ''; seq = 0; }
        ref.textContent = conversation ? t('ref', { ref: conversation }) : '';
        if (wasLost && banner.textContent) say(t('connection.back'), 5);
        else if (!welcomed) say('');
        wasLost = false;
        welcomed = true;
        after('steady', 5000, () => { tries = 0; });
        flush();
        break;
      case 'stored':
        stored(f.id);
        break;
      case 'event':
        show(f);
        break;
      case 'typing':
        if (f.who !== 'staff') break;
        typing.textContent = t('typing');
        after('typing', 6000, () => { typing.textContent = ''; });
        break;
      case 'error':
        if (f.code === 'bad_token') { keep.drop(at.token); hello(); break; }
        if (f.code === 'hello_first') { lost(); break; }
        refused(f);
        break;
      case 'ended':
        close();
        break;
      default: // a newer service may say more
    }
  }

  function show(f) {
    if (!(f.seq > seq)) return; // shown before
    seq = f.seq;
    if (f.kind === 'person' && f.id && shown.has(f.id)) {
      stored(f.id);
      return;
    }
    const follow = nearEnd();
    const li = lineOf(f);
    li.dataset.seq = f.seq;
    if (f.id) { li.dataset.id = f.id; shown.set(f.id, li); }
    put(li, false);
    if (f.kind === 'person') setStatus(f.id, 'stored');
    else typing.textContent = '';
    if (follow) scrollTo(lines.querySelector('.hl-pending') ? lines.lastElementChild : li);
    else if (f.kind !== 'person') { unread.hidden = false; unread.onclick = () => { unread.hidden = true; scrollTo(li); }; }
    if (f.kind !== 'person' && opts.arrived) opts.arrived(f);
  }

  // --- the end ---

  // forget leaves nothing of the chat in this browser and tells the service.
  function forget(tell) {
    const token = opts.token ? keep.get(at.token) || '' : '';
    over = true;
    hangUp();
    for (const k of Object.values(at)) keep.drop(k);
    box.value = '';
    outbox = [];
    if (!tell) return Promise.resolve();
    const body = new URLSearchParams({ beacon: '1', token });
    const url = opts.base + '/chat/end';
    if (tell === 'wait') return fetch(url, { method: 'POST', body, keepalive: true, mode: opts.token ? 'no-cors' : 'same-origin' });
    if (!(navigator.sendBeacon && navigator.sendBeacon(url, body))) {
      fetch(url, { method: 'POST', body, keepalive: true, mode: opts.token ? 'no-cors' : 'same-origin' }).catch(() => {});
    }
    return Promise.resolve();
  }

  // close shows a chat that was ended here or in another tab.
  function close() {
    forget(false);
    lines.replaceChildren();
    shown.clear();
    seq = 0;
    conversation = '';
    ref.textContent = '';
    part('empty').hidden = false;
    part('end').hidden = true;
    say(t('ended'));
    if (opts.ended) opts.ended();
  }

  function askToEnd() {
    const end = part('end');
    const button = end.querySelector('button');
    const back = () => { group.remove(); button.hidden = false; button.focus(); };
    const no = el('button', { type: 'button' }, t('end.no'));
    const yes = el('button', { type: 'button' }, t('end.yes'));
    const question = el('p', { id: 'hl-end-ask' }, t('end.ask'));
    const group = el('div', { class: 'hl-ask', role: 'group', 'aria-labelledby': 'hl-end-ask' }, question, no, yes);
    no.onclick = back;
    yes.onclick = () => {
      if (outbox.length) { back(); say(t('connection.lost')); return; } // unsent words are not thrown away
      forget('wait').then(() => { group.remove(); button.hidden = false; close(); box.focus(); },
        () => { over = false; back(); lost(); });
    };
    group.addEventListener('keydown', (e) => { if (e.key === 'Escape') { e.stopPropagation(); back(); } });
    button.hidden = true;
    end.append(group);
    no.focus();
    group.scrollIntoView({ block: 'nearest' });
  }

  // --- hands on ---

  function grow() {
    box.style.height = 'auto';
    box.style.height = Math.min(box.scrollHeight + 2, 160) + 'px';
  }

  form.addEventListener('submit', (e) => {
    e.preventDefault();
    start();
    submit(box.value, true);
    box.focus({ preventScroll: true });
  });
  box.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || matchMedia('(pointer: coarse)').matches) return;
    e.preventDefault();
    if (form.requestSubmit) form.requestSubmit();
    else form.querySelector('[type="submit"]').click();
  });
  box.addEventListener('input', () => {
    grow();
    if (box.value) keep.set(at.draft, box.value);
    else keep.drop(at.draft);
    if (error.textContent) fail('');
    if (welcomed && box.value.trim() && Date.now() - typedAt > 3000) {
      typedAt = Date.now();
      send({ type: 'typing' });
    }
  });
  lines.addEventListener('click', (e) => {
    const b = e.target.closest('.hl-choices button');
    if (!b) return;
    e.preventDefault();
    start();
    submit(b.dataset.choice || b.value, false);
  });
  part('end').addEventListener('submit', (e) => { e.preventDefault(); askToEnd(); });
  setInterval(() => { if (welcomed && Date.now() - heardAt > 20000) look(); }, 5000);
  addEventListener('online', look);
  addEventListener('offline', () => { if (socket) lost(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });

  function start() {
    if (!over) return;
    over = false;
    connect();
  }

  grow();
  return { start, forget, focus: () => box.focus(), connected: () => welcomed };
}
