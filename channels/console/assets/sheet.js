// Editing a sheet: the preview and the faults follow the typing, and leaving with unsaved words asks first.
import { ask } from './live.js';

export function sheetPage(main) {
  const form = document.getElementById('sheet-form'), source = document.getElementById('source');
  const numbers = document.getElementById('numbers'), preview = document.getElementById('preview');
  const saved = source.defaultValue;
  let timer = 0, turn = 0, sending = false;

  // Line numbers stand beside their lines also where a line is folded: a copy of each line is measured.
  const measure = document.createElement('div');
  measure.setAttribute('aria-hidden', 'true');
  Object.assign(measure.style, { position: 'absolute', visibility: 'hidden', whiteSpace: 'pre-wrap', overflowWrap: 'break-word', left: '0', top: '0', zIndex: '-1' });
  source.parentElement.append(measure);

  function number() {
    const style = getComputedStyle(source);
    measure.style.font = style.font;
    measure.style.lineHeight = style.lineHeight;
    measure.style.width = source.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) + 'px';
    const bad = new Set([...preview.querySelectorAll('#faults [data-line]')].map((a) => Number(a.dataset.line)));
    const lines = source.value.split('\n');
    measure.replaceChildren(...lines.map((l) => Object.assign(document.createElement('div'), { textContent: l || '\u200b' })));
    const heights = [...measure.children].map((d) => d.getBoundingClientRect().height);
    const inner = document.createElement('div');
    inner.append(...lines.map((_, i) => {
      const d = Object.assign(document.createElement('div'), { textContent: i + 1 });
      d.style.height = heights[i] + 'px';
      if (bad.has(i + 1)) d.className = 'c-bad';
      return d;
    }));
    measure.replaceChildren();
    numbers.replaceChildren(inner);
    follow();
    return heights;
  }
  const follow = () => { if (numbers.firstChild) numbers.firstChild.style.transform = `translateY(${-source.scrollTop}px)`; };

  async function show() {
    const mine = ++turn;
    try {
      const html = await ask(main.dataset.preview, { body: new URLSearchParams({ source: source.value }) });
      if (mine !== turn) return; // something newer is being asked already
      const open = document.getElementById('d-advice')?.open, top = preview.scrollTop;
      preview.innerHTML = html;
      if (open) document.getElementById('d-advice')?.setAttribute('open', '');
      preview.scrollTop = top;
      number();
    } catch { /* the next key tries again */ }
  }

  source.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
    number();
  });
  source.addEventListener('scroll', follow, { passive: true });
  new ResizeObserver(number).observe(source);
  main.addEventListener('click', (e) => {
    const a = e.target.closest('[data-line]');
    if (!a) return;
    e.preventDefault();
    const n = Number(a.dataset.line), lines = source.value.split('\n');
    const from = lines.slice(0, n - 1).join('\n').length + (n > 1 ? 1 : 0);
    source.focus();
    source.setSelectionRange(from, from + lines[n - 1].length);
    const heights = number();
    source.scrollTop = Math.max(0, heights.slice(0, n - 1).reduce((a, b) => a + b, 0) - source.clientHeight / 3);
    source.scrollIntoView({ block: 'nearest' });
  });
  main.addEventListener('submit', () => { sending = true; });
  addEventListener('beforeunload', (e) => { if (!sending && source.value !== saved) e.preventDefault(); });
  number();
}
