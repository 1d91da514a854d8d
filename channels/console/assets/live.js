// The socket: one for each page. It says what changed; what a page shows it fetches, so that a lost notice loses nothing.

const meta = document.querySelector('meta[name="csrf"]');

// renew takes over the token of a later session: signed out here, in again in another tab.
export function renew(csrf) { if (csrf) meta.content = csrf; }

// ask fetches a piece of a page or sends a form. It throws {status, code, text}.
export async function ask(url, { body, json } = {}) {
  const headers = { 'X-Fragment': '1' };
  if (body) headers['X-CSRF-Token'] = meta.content;
  let answer;
  try {
    answer = await fetch(url, { method: body ? 'POST' : 'GET', body, headers, credentials: 'same-origin', redirect: 'error', cache: 'no-store' });
  } catch {
    throw { status: 0, code: 'offline', text: 'The connection is lost. What you wrote is still here: try again.' };
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw { status: answer.status, code: problem.code || 'unavailable', text: problem.text || 'Something went wrong on our side. Try again.' };
  }
  return json ? answer.json() : answer.text();
}

class Live extends EventTarget {
  #ws = null;
  #tries = 0;
  #lostAt = 0;
  #watched = new Map(); // conversation to the function that says the newest event shown
  #waiting = new Map(); // id of a line to {resolve, reject, timer}
  #ended = false;
  #out = false; // the session has ended

  open() {
    this.#connect();
    addEventListener('online', () => this.#again(0));
    const back = () => { if (!document.hidden && !this.connected) { if (this.#out) this.#check(); else this.#again(0); } };
    document.addEventListener('visibilitychange', back);
    addEventListener('focus', back);
    addEventListener('pagehide', () => { this.#ended = true; this.#ws?.close(); });
    addEventListener('pageshow', (e) => { if (e.persisted) { this.#ended = false; this.#connect(); } });
  }

  get connected() { return this.#ws?.readyState === WebSocket.OPEN; }

  watch(conversation, after) {
    this.#watched.set(conversation, after);
    if (this.connected) this.#send({ type: 'watch', conversation, after: after() });
  }

  typing(conversation) { if (this.connected) this.#send({ type: 'typing', conversation }); }

  // say sends a line and resolves when it is stored. With no answer it rejects as unsure: the same id may be sent again.
  say(conversation, id, text) {
    return new Promise((resolve, reject) => {
      if (!this.connected) return reject({ code: 'offline' });
      const timer = setTimeout(() => { this.#waiting.delete(id); reject({ code: 'offline' }); }, 8000);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ type: 'say', conversation, id, text });
    });
  }

  #send(frame) { this.#ws.send(JSON.stringify(frame)); }

  #connect() {
    if (this.#ended || this.#ws && this.#ws.readyState < WebSocket.CLOSING) return;
    const url = new URL('/console/ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const ws = this.#ws = new WebSocket(url);
    ws.onopen = () => {
      this.#tries = 0;
      for (const [conversation, after] of this.#watched) this.#send({ type: 'watch', conversation, after: after() });
      this.#banner('');
      this.dispatchEvent(new Event('catch-up'));
    };
    ws.onmessage = (e) => this.#heard(JSON.parse(e.data));
    ws.onclose = (e) => {
      for (const w of this.#waiting.values()) { clearTimeout(w.timer); w.reject({ code: 'offline' }); }
      this.#waiting.clear();
      if (this.#ended) return;
      if (e.code === 4401) return this.#signedOut();
      if (!this.#tries) this.#lostAt = Date.now(); else this.#check();
      if (this.#tries > 0) this.#banner(`Connection lost ${new Date(this.#lostAt).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}. What you see may be out of date. Trying again …`);
      this.#again(Math.min(10000, 300 * 2 ** this.#tries++) * (0.75 + Math.random() / 2));
    };
  }

  #signedOut() {
    this.#out = true;
    clearTimeout(this.#timer);
    this.#banner('You are signed out. What you wrote is still here. ', '/console/sign-in', 'Sign in in a new tab');
  }

  // check asks whether the session still holds: a socket that is refused does not say why.
  async #check() {
    try {
      await ask('/console/queue/rows');
      if (this.#out) { this.#out = false; this.#tries = 0; this.#again(0); }
    } catch (p) {
      if (p.status === 401 || p.status === 403) this.#signedOut();
    }
  }

  #timer = 0;
  #again(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), after);
  }

  #banner(text, href, link) {
    const b = document.getElementById('connection');
    b.textContent = text;
    if (href) {
      const a = Object.assign(document.createElement('a'), { href, textContent: link, target: '_blank', rel: 'noopener' });
      b.append(a);
    }
    b.hidden = !text;
  }

  #heard(f) {
    if (f.type === 'stored' || f.type === 'error' && f.id) {
      const w = this.#waiting.get(f.id);
      if (w) {
        clearTimeout(w.timer);
        this.#waiting.delete(f.id);
        if (f.type === 'stored') w.resolve(f); else w.reject(f);
      }
      return;
    }
    if (f.type === 'queue') alarm(f);
    this.dispatchEvent(new CustomEvent(f.type, { detail: f }));
  }
}

export const live = new Live();

// say something to screen readers, politely.
export function announce(text) { document.getElementById('announce').textContent = text; }

// The alarm: in the title, in the navigation, as a banner for what is new, and as a sound where the worker asked for one.
const title = document.title;
const levels = { urgent: 1, immediate: 2 };

// What this tab has told of, and of that what nobody has opened or closed here yet; kept from page to page.
function told() {
  try { return JSON.parse(sessionStorage.getItem('alarms')); } catch { return null; }
}
const keep = (t) => sessionStorage.setItem('alarms', JSON.stringify(t));

function alarm(q) {
  const hot = q.immediate + q.urgent;
  document.title = (q.waiting ? `(${q.waiting}${hot ? '!' : ''}) ` : '') + title;
  const count = document.getElementById('nav-count');
  if (count) {
    count.hidden = !q.waiting;
    count.textContent = q.waiting;
    count.classList.toggle('c-nav__count--alarm', hot > 0);
    count.parentElement.setAttribute('aria-label', q.waiting ? `Queue, ${q.waiting} waiting${hot ? `, ${hot} urgent or immediate` : ''}` : 'Queue');
  }
  const before = told(), here = document.getElementById('main').dataset.conversation;
  const known = before?.known ?? {};
  const fresh = before ? q.alarms.filter((a) => (levels[known[a.conversation]] || 0) < levels[a.level] && a.conversation !== here) : [];
  const pending = q.alarms.map((a) => a.conversation).filter((c) => c !== here && (before?.pending.includes(c) || fresh.some((a) => a.conversation === c)));
  keep({ known: Object.fromEntries(q.alarms.map((a) => [a.conversation, a.level])), pending });
  banner(q.alarms.filter((a) => pending.includes(a.conversation)));
  if (fresh.length) sound();
}

function banner(alarms) {
  const box = document.getElementById('alarm'), text = box.querySelector('.c-alarm__text');
  box.hidden = !alarms.length;
  if (!alarms.length) return;
  const immediate = alarms.filter((a) => a.level === 'immediate').length, urgent = alarms.length - immediate;
  let words = immediate ? 'A new immediate concern' : 'A new urgent concern';
  if (alarms.length > 1) words = 'New concerns: ' + [immediate && `${immediate} immediate`, urgent && `${urgent} urgent`].filter(Boolean).join(', ');
  if (text.textContent !== words) text.textContent = words;
  box.querySelector('.c-alarm__open').href = '/console/conversations/' + alarms[0].conversation;
}

document.querySelector('.c-alarm__close')?.addEventListener('click', () => {
  keep({ ...told(), pending: [] });
  document.getElementById('alarm').hidden = true;
});

// sound rings twice, softly, when the worker switched it on in the queue.
export const wantsSound = () => localStorage.getItem('console-sound') === 'on';
let audio;

// Browsers let a page make a sound only after somebody pressed something in it: the first press will do.
export function soundReady() {
  try {
    audio ??= new AudioContext();
    audio.resume();
    return audio.state === 'running';
  } catch {
    return false;
  }
}
for (const press of ['pointerdown', 'keydown']) addEventListener(press, () => { if (wantsSound()) soundReady(); }, { passive: true });

export function sound() {
  if (!wantsSound()) return;
  soundReady();
  try {
    for (const [at, pitch] of [[0, 660], [0.28, 880]]) {
      const o = audio.createOscillator(), g = audio.createGain(), t = audio.currentTime + at;
      o.frequency.value = pitch;
      g.gain.setValueAtTime(0, t);
      g.gain.linearRampToValueAtTime(0.25, t + 0.02);
      g.gain.exponentialRampToValueAtTime(0.001, t + 0.25);
      o.connect(g).connect(audio.destination);
      o.start(t);
      o.stop(t + 0.26);
    }
  } catch { /* no sound here: the banner and the title say it */ }
}
