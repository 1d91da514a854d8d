// One conversation: new lines appear, forms are sent without leaving the page, and nothing that was typed is lost.
import { ask, live, announce, renew } from './live.js';
import { remember, replace } from './morph.js';
import { tellAges } from './ages.js';

export function conversationPage(main) {
  const id = main.dataset.conversation;
  const log = () => document.getElementById('log'), entries = () => document.getElementById('entries');
  let seq = Number(document.getElementById('talk').dataset.seq); // the newest event that stands on the page
  let seen = seq; // the newest that was before the worker's eyes: what is settled is settled as far as that

  for (const el of main.querySelectorAll('[data-part], [data-entry]')) remember(el);
  const draftKey = 'draft-' + id;

  // Where the newest stands: in its own scrolling box on a wide screen, in the page on a narrow one.
  const scroller = () => (getComputedStyle(log()).overflowY === 'auto' ? log() : document.scrollingElement);
  const atEnd = () => {
    const s = scroller();
    if (s === log()) return s.scrollHeight - s.scrollTop - s.clientHeight < 80;
    return log().getBoundingClientRect().bottom < innerHeight + 80;
  };
  const toEnd = () => {
    const s = scroller();
    if (s === log()) s.scrollTop = s.scrollHeight;
    else document.getElementById('p-compose').scrollIntoView({ block: 'end' });
    document.getElementById('newer').hidden = true;
    saw();
  };
  // saw lets the forms say how far was read: all that stands on the page, once its end is in view.
  function saw() {
    if (!document.hidden && document.getElementById('newer').hidden) seen = seq;
    for (const f of main.querySelectorAll('input[name=seen]')) f.value = seen;
  }
  document.getElementById('newer').addEventListener('click', toEnd);
  addEventListener('scroll', () => { if (atEnd() && !document.getElementById('newer').hidden) { document.getElementById('newer').hidden = true; saw(); } }, { capture: true, passive: true });
  document.addEventListener('visibilitychange', saw);
  if (scroller() === log()) toEnd();

  let busy = false, again = false;
  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try {
        put(await ask(`${main.dataset.live}?after=${seq}`), false);
      } catch { /* the banner tells of a lost connection; the next notice tries again */ }
    } while (again);
    busy = false;
  }

  // put takes over what changed: entries and the parts round them.
  function put(html, mine) {
    const t = document.createElement('template');
    t.innerHTML = html;
    const fresh = t.content;
    const end = atEnd();
    let added = 0;
    for (const entry of [...fresh.querySelectorAll('[data-entry]')]) {
      const old = document.getElementById(entry.id);
      if (old) { replace(old, entry); continue; }
      const n = Number(entry.id.slice(2));
      const after = [...entries().children].findLast((e) => Number(e.id.slice(2)) < n);
      remember(entry);
      if (after?.querySelector('.c-day')?.textContent === entry.querySelector('.c-day')?.textContent) entry.querySelector('.c-day')?.remove();
      if (after) after.after(entry); else entries().prepend(entry);
      added++;
      if (entry.classList.contains('c-entry--person')) {
        document.getElementById('typing').hidden = true;
        announce('The person wrote: ' + (entry.querySelector('.c-words')?.textContent || ''));
      }
    }
    related(fresh);
    seq = Math.max(seq, Number(fresh.getElementById('talk').dataset.seq));
    renew(fresh.getElementById('talk').dataset.csrf);
    parts(fresh, mine);
    tellAges(main);
    if (added && (end || mine)) toEnd();
    else if (added) document.getElementById('newer').hidden = false;
    saw();
  }

  function parts(fresh, mine) {
    const side = document.getElementById('side'), nextSide = fresh.getElementById('side');
    for (const box of [...nextSide.children]) {
      if (box.id.startsWith('concern-')) {
        const old = document.getElementById(box.id);
        if (!old) {
          for (const part of box.querySelectorAll('[data-part]')) remember(part);
          side.insertBefore(box, document.getElementById('p-more'));
          continue;
        }
        old.className = box.className;
        const had = [...old.querySelectorAll('[data-part]')].map((p) => p.id).join(), has = [...box.querySelectorAll('[data-part]')].map((p) => p.id).join();
        if (had !== has) { // it was closed: other parts stand in it
          for (const part of box.querySelectorAll('[data-part]')) remember(part);
          old.replaceWith(box);
        }
      }
    }
    for (const part of [...fresh.querySelectorAll('[data-part]')]) {
      const old = document.getElementById(part.id);
      if (!old || old === part || !main.contains(old)) continue;
      if (part.id === 'p-compose') { compose(old, part); continue; }
      if (part.id === 'p-flash' && !mine && !part.textContent.trim()) continue; // an older word stays until the next act
      replace(old, part);
    }
  }

  // The box to write in is only changed when who may write has changed, and what stands in it is carried over.
  function compose(old, fresh) {
    const kind = (el) => (el.querySelector('#say') ? 'say' : el.textContent.trim());
    if (kind(old) === kind(fresh)) return;
    old.replaceWith(fresh);
    composer(true);
  }

  function composer(focus) {
    const form = document.getElementById('say');
    if (!form) return;
    const text = form.elements.text, cost = document.getElementById('say-cost'), problem = document.getElementById('say-problem');
    const send = document.getElementById('send'), enter = document.getElementById('enter-sends');
    if (!text.value) text.value = sessionStorage.getItem(draftKey) || '';
    enter.parentElement.hidden = false;
    enter.checked = localStorage.getItem('console-enter') === 'sends';
    enter.addEventListener('change', () => localStorage.setItem('console-enter', enter.checked ? 'sends' : ''));
    if (focus) text.focus({ preventScroll: true });

    let timer = 0, typedAt = 0;
    const price = async () => {
      const limit = Number(form.dataset.limit), used = [...text.value].length;
      const left = used > limit - 200 ? `${limit - used} of ${limit} characters left` : '';
      if (!form.dataset.cost) { cost.textContent = left || `At most ${limit} characters`; return; }
      const body = new URLSearchParams({ text: text.value });
      const p = await ask(form.dataset.cost, { body, json: true }).catch(() => null);
      if (!p) return;
      cost.textContent = p.words + (left ? `. ${left}` : '');
      cost.classList.toggle('c-say__cost--dear', p.segments > 2);
    };
    const changed = () => {
      if (text.value) sessionStorage.setItem(draftKey, text.value); else sessionStorage.removeItem(draftKey);
      clearTimeout(timer);
      timer = setTimeout(price, 200);
    };
    text.addEventListener('input', () => {
      changed();
      problem.hidden = true;
      if (text.value && Date.now() - typedAt > 2500) { typedAt = Date.now(); live.typing(id); }
    });
    text.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter' || e.isComposing || e.shiftKey) return;
      if (e.ctrlKey || e.metaKey || enter.checked) { e.preventDefault(); form.requestSubmit(); }
    });
    form.addEventListener('submit', async (e) => {
      e.preventDefault();
      const words = text.value.trim();
      if (!words || send.disabled) { text.focus(); return; }
      send.disabled = true;
      problem.hidden = true;
      const line = form.elements.client_id.value;
      try {
        await store(line, words);
        if (text.value.trim() === words) text.value = '';
        form.elements.client_id.value = newID();
        changed();
        refresh();
      } catch (p) {
        problem.textContent = p.text || 'Not sent: the connection is lost. What you wrote is still here: send it again.';
        problem.hidden = false;
        if (p.code === 'not_holder' || p.code === 'held') refresh();
      } finally {
        send.disabled = false;
        text.focus({ preventScroll: true });
      }
    });
    changed();
  }

  // store sends by the socket, and by a plain request where that gives no answer; the id makes doing both harmless.
  async function store(line, words) {
    try {
      return await live.say(id, line, words);
    } catch (p) {
      if (p.code !== 'offline') throw p;
    }
    return ask(`/console/conversations/${id}/say`, { body: new URLSearchParams({ client_id: line, text: words }) });
  }
  const newID = () => crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

  // What the worker makes of a message: one key while the focus is on the question beside it.
  main.addEventListener('keydown', (e) => {
    const box = e.target.closest('.c-judge');
    if (!box || e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.matches('select')) return;
    const button = box.querySelector(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`);
    if (!button) return;
    e.preventDefault();
    button.form.requestSubmit(button);
  });

  // The other forms: sent from here, their errors shown beside them, the parts that changed taken over.
  main.addEventListener('submit', async (e) => {
    const form = e.target;
    if (!form.hasAttribute('data-act')) return;
    e.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    form.querySelector('.c-problem')?.remove();
    const body = new URLSearchParams(new FormData(form, e.submitter));
    try {
      const html = await ask(form.getAttribute('action'), { body });
      const focus = document.activeElement?.id;
      // What was sent is not "typed meanwhile" any more.
      for (const f of form.querySelectorAll('input:not([type=hidden]), textarea, select')) {
        if (f.type === 'checkbox' || f.type === 'radio') f.defaultChecked = f.checked;
        else if (f.tagName === 'SELECT') for (const o of f.options) o.defaultSelected = o.selected;
        else f.defaultValue = f.value;
      }
      if (form.contains(document.activeElement)) document.activeElement.blur();
      const box = form.closest('[data-part]');
      if (box?.id === 'p-more' || box?.id.startsWith('p-facts') || box?.id.startsWith('p-duty') || box?.id.startsWith('p-handling')) {
        for (const d of box.querySelectorAll('details[open]')) d.open = false;
        if (box.id === 'p-more') clear(form);
      }
      form.closest('.c-judge')?.removeAttribute('open');
      put(html, true);
      const done = document.getElementById('done');
      if (done && !done.hidden) {
        announce(done.textContent);
        setTimeout(() => { done.hidden = true; }, 6000);
      }
      // Focus goes back to what was pressed, or to what stands in its place; taking over has put it into the box to write in.
      if (focus && document.activeElement === document.body) {
        const place = document.getElementById(box?.id || 'p-status');
        (document.getElementById(focus) || place?.querySelector('summary, button') || document.getElementById('log')).focus({ preventScroll: true });
      }
    } catch (p) {
      if (!p.text) throw p;
      const note = document.createElement('p');
      note.className = 'c-problem';
      note.setAttribute('role', 'alert');
      note.textContent = p.text;
      if (form.classList.contains('c-inline')) {
        note.dataset.for = 'act';
        document.getElementById('p-flash').replaceChildren(note);
      } else form.append(note);
      if (p.status === 409) await refresh();
      if (p.code === 'unread') toEnd(); // what is new comes into view
    } finally {
      delete form.dataset.busy;
    }
  });
  const clear = (form) => {
    for (const f of form.querySelectorAll('textarea')) { f.value = ''; f.defaultValue = ''; }
    for (const f of form.querySelectorAll('input[type=checkbox], input[type=radio]')) { f.checked = false; f.defaultChecked = false; }
  };

  let quiet = 0;
  live.addEventListener('typing', (e) => {
    if (e.detail.conversation !== id) return;
    document.getElementById('typing').hidden = false;
    clearTimeout(quiet);
    quiet = setTimeout(() => { document.getElementById('typing').hidden = true; }, 5000);
  });
  // What somebody else says about the same person stands on this page as well: their conversations are watched with this one.
  const others = new Map();
  function related(within) {
    for (const part of within.querySelectorAll('[data-related]')) {
      for (const [other, at] of part.dataset.related.split(' ').filter(Boolean).map((s) => s.split(':'))) {
        const known = others.has(other);
        others.set(other, Math.max(others.get(other) || 0, Number(at)));
        if (!known) live.watch(other, () => others.get(other));
      }
    }
  }

  // A text that is offered goes into the reply, behind what stands there, for the worker to change and send.
  main.addEventListener('click', (e) => {
    const offer = e.target.closest('[data-put]'), text = document.getElementById('say-text');
    if (!offer || !text) return;
    e.preventDefault();
    text.value = text.value.trim() ? text.value.trimEnd() + '\n' + offer.dataset.put : offer.dataset.put;
    text.dispatchEvent(new Event('input'));
    text.focus();
    announce('The text is in the reply. Nothing is sent yet.');
  });

  live.addEventListener('events', (e) => { if (e.detail.conversation === id || others.has(e.detail.conversation)) refresh(); });
  live.addEventListener('catch-up', refresh);
  live.watch(id, () => seq);
  related(main);
  composer(false);
}
