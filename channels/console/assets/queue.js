// The queue keeps itself up to date: rows come, go and change places, and focus stays where it is.
import { ask, live, announce, wantsSound, sound, soundReady } from './live.js';
import { tellAges } from './ages.js';

export function queuePage(main) {
  const rows = document.getElementById('rows');
  let busy = false, again = false;

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try {
        put(await ask(main.dataset.rows));
      } catch (e) {
        if (e.status === 401) location.reload();
      }
    } while (again);
    busy = false;
  }

  function put(html) {
    const fresh = document.createElement('template');
    fresh.innerHTML = html;
    const list = document.getElementById('queue'), next = fresh.content.getElementById('queue');
    const counts = document.getElementById('counts'), said = fresh.content.getElementById('counts').textContent;
    const focus = rows.contains(document.activeElement) ? document.activeElement.id : '';
    if (!list || !next) {
      rows.replaceChildren(fresh.content);
    } else {
      const seen = new Set();
      let at = list.firstElementChild;
      for (const row of [...next.children]) {
        seen.add(row.id);
        const old = document.getElementById(row.id);
        let put = old;
        if (!old) {
          put = row;
          row.classList.add('c-row--new');
        } else if (bare(old) !== bare(row)) {
          if (at === old) at = old.nextElementSibling;
          old.replaceWith(row);
          put = row;
        }
        if (put === at) at = at.nextElementSibling;
        else if (put.nextElementSibling !== at || put.parentElement !== list) list.insertBefore(put, at);
      }
      for (const row of [...list.children]) if (!seen.has(row.id)) row.remove();
    }
    if (counts && document.getElementById('counts')) {
      document.getElementById('counts').textContent = said;
      if (counts.dataset.said !== undefined && counts.dataset.said !== said) announce(said);
      document.getElementById('counts').dataset.said = said;
    }
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    tellAges(rows);
  }
  const bare = (row) => row.innerHTML.replace(/(<time[^>]*>)[^<]*/g, '$1') + row.className.replace(' c-row--new', '');

  live.addEventListener('queue', refresh);
  live.addEventListener('catch-up', refresh);
  const counts = document.getElementById('counts');
  if (counts) counts.dataset.said = counts.textContent;

  const button = document.getElementById('sound');
  const tell = () => {
    button.setAttribute('aria-pressed', wantsSound());
    const words = `Sound for urgent: ${!wantsSound() ? 'off' : soundReady() ? 'on' : 'on after your first press here'}`;
    if (button.textContent !== words) button.textContent = words;
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    localStorage.setItem('console-sound', wantsSound() ? 'off' : 'on');
    tell();
    sound();
  });
  tell();
  for (const press of ['pointerup', 'keyup']) addEventListener(press, () => setTimeout(tell, 100));
}
