// Search as one types, printing, and "was this helpful" without leaving the
// page. Everything works without this file too.
(() => {
  'use strict';
  const $ = (id) => document.getElementById(id);

  const el = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    e.textContent = text;
    return e;
  };
  const set = (e, text) => { e.textContent = text; e.hidden = !text; };

  const form = $('search');
  const results = $('results');
  if (form && results) {
    const box = $('q');
    const country = $('country');
    let timer = 0;
    let asked = null; // the search under way
    let shown = box.value.trim() + '|' + country.value;
    let announce = 0;

    const show = (r) => {
      results.hidden = false;
      $('worry').hidden = !r.worry;
      $('worry').firstElementChild.textContent = r.worry || '';
      $('message').textContent = r.message;
      set($('note'), r.note || '');
      $('hits').replaceChildren(...r.hits.map((h) => {
        const item = document.createElement('li');
        const link = el('a', '', h.heading);
        link.href = h.url;
        item.append(link, ' ', el('span', 'mark', h.holds), el('p', '', h.short));
        if (h.sheet) item.append(el('p', 'quiet from', form.dataset.from.replace('{title}', () => h.sheet)));
        return item;
      }));
      // Said once the typing rests, not after every letter.
      clearTimeout(announce);
      announce = setTimeout(() => { $('said').textContent = r.worry || (r.message + (r.note ? '. ' + r.note : '')); }, 800);
    };
    const clear = () => {
      clearTimeout(announce);
      results.hidden = true;
      $('said').textContent = '';
    };
    const search = async (force) => {
      clearTimeout(timer);
      const query = box.value.trim();
      const key = query + '|' + country.value;
      if (key === shown && !force) return true;
      if (asked) asked.abort();
      shown = key;
      if (query.length < 2) { clear(); return true; }
      const mine = asked = new AbortController();
      try {
        const r = await fetch('/api/sheets/search', {
          method: 'POST', cache: 'no-store', signal: mine.signal,
          headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ q: query, country: country.value }),
        });
        if (!r.ok) throw new Error(r.status);
        const found = await r.json();
        if (mine === asked) show(found);
        return true;
      } catch (e) {
        if (mine !== asked || e.name === 'AbortError') return true;
        shown = '';
        show({ hits: [], message: form.dataset.failed });
        return false;
      }
    };
    box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, 180); });
    country.addEventListener('change', () => {
      if (box.value.trim().length < 2) location.href = '/sheets' + (country.value ? '?country=' + country.value : '');
      else search();
    });
    form.addEventListener('submit', async (e) => {
      if (box.value.trim().length < 2) return; // the form itself goes to all sheets
      e.preventDefault();
      if (await search(results.hidden)) results.focus();
      else form.submit();
    });
  }

  const print = $('print');
  if (print) {
    print.hidden = false;
    print.addEventListener('click', () => window.print());
  }

  const helpful = $('helpful');
  if (helpful && helpful.querySelector('fieldset')) {
    helpful.addEventListener('submit', async (e) => {
      e.preventDefault();
      const said = helpful.querySelector('[role=status]');
      let message = helpful.dataset.failed;
      try {
        const r = await fetch(helpful.action, {
          method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams({ helpful: e.submitter ? e.submitter.value : '' }),
        });
        if (r.ok || r.status === 503) message = (await r.json()).message;
      } catch (err) { /* the message says that it failed */ }
      helpful.querySelector('fieldset').hidden = true;
      said.textContent = message;
      said.tabIndex = -1;
      said.focus();
    });
  }
})();
