// The widget: <helpline-chat>, put at the end of the body when the page has
// none. All it shows lives in its shadow root, so that neither the site's
// styles reach it nor its own reach the site. The visitor's secret is kept in
// the site's session storage, since browsers refuse cookies of third parties.
const script = document.currentScript;
let base = settings.base;
if (script && script.src) base = new URL(script.src).origin;

const openKey = 'helpline.open';
const small = matchMedia('(max-width: 30rem), (max-height: 30rem)');

function skeleton() {
  const hl = (name, tag, attrs, ...children) => el(tag, { ...attrs, 'data-hl': name }, ...children);
  return el('section', { class: 'hl hl-panel', role: 'dialog', 'aria-labelledby': 'hl-title', id: 'hl-panel', hidden: true },
    el('header', { class: 'hl-top' },
      el('h2', { class: 'hl-heading', id: 'hl-title' }, t('heading')),
      el('div', { class: 'hl-leave' },
        hl('exit', 'button', { class: 'hl-exit', type: 'button' }, t('exit')),
        hl('dots', 'span', { class: 'hl-dots', 'aria-hidden': 'true', hidden: true }, el('i'), el('i'), el('i'))),
      hl('close', 'button', { class: 'hl-close', type: 'button', 'aria-label': t('widget.close'), title: t('widget.close') }, '×')),
    hl('scroll', 'div', { class: 'hl-main', tabindex: '0', role: 'region', 'aria-label': t('title') },
      el('div', { class: 'hl-intro' },
        el('p', { class: 'hl-lead' }, t('lead') + ' ' + t('who_answers') + ' ' + t('kept_short')),
        el('p', { class: 'hl-danger' }, t('not_999')),
        el('details', { class: 'hl-about' }, el('summary', {}, t('about')), el('p', {}, t('kept')),
          el('h3', {}, t('leave.heading')), el('p', {}, t('leave.body')))),
      hl('log', 'div', { class: 'hl-log', role: 'log', 'aria-live': 'polite', 'aria-label': t('log') },
        hl('empty', 'p', { class: 'hl-empty' }, t('empty')),
        hl('lines', 'ol', { class: 'hl-lines' })),
      hl('typing', 'p', { class: 'hl-typing', role: 'status' }),
      el('div', { class: 'hl-foot' },
        hl('ref', 'p', { class: 'hl-ref' }),
        hl('end', 'form', { class: 'hl-end', hidden: true }, el('button', { class: 'hl-plain', type: 'submit' }, t('end'))))),
    el('div', { class: 'hl-bottom' },
      hl('unread', 'button', { class: 'hl-unread', type: 'button', hidden: true }, t('widget.unread')),
      hl('banner', 'p', { class: 'hl-banner', role: 'status' }),
      hl('form', 'form', { class: 'hl-say' },
        hl('error', 'p', { class: 'hl-error', role: 'alert', id: 'hl-error' }),
        el('label', { class: 'hl-label-say', for: 'hl-box' }, t('form.label')),
        el('div', { class: 'hl-row' },
          hl('box', 'textarea', { id: 'hl-box', rows: '2', dir: 'auto', autocomplete: 'off', 'aria-describedby': 'hl-error' }),
          el('button', { class: 'hl-send', type: 'submit' }, t('form.send'))),
        hl('hint', 'p', { class: 'hl-hint' }, t('form.hint')))));
}

class HelplineChat extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const shadow = this.attachShadow({ mode: 'open' });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(settings.css);
      shadow.adoptedStyleSheets = [sheet];
    } catch (e) { // browsers before 2023
      shadow.append(el('style', {}, settings.css));
    }
    this.build(shadow);
  }

  build(shadow) {
    const label = this.getAttribute('label') || t('widget.open');
    const badge = el('span', { class: 'hl-badge', role: 'status' });
    const launcher = el('button', { class: 'hl-launch', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'hl-panel' },
      el('span', {}, label), badge);
    const panel = skeleton();
    const told = el('p', { class: 'hl-hidden', role: 'status' });
    const wrap = el('div', { class: 'hl-widget' + (this.getAttribute('side') === 'left' ? ' hl-left' : '') }, panel, launcher, told);
    shadow.append(wrap);
    const part = (name) => panel.querySelector('[data-hl="' + name + '"]');
    const chat = mountChat(panel, {
      base,
      token: true,
      scroller: part('scroll'),
      arrived() { if (panel.hidden) badge.textContent = t('widget.unread'); },
    });
    const open = (focus) => {
      panel.hidden = false;
      wrap.classList.add('hl-open');
      launcher.hidden = true;
      launcher.setAttribute('aria-expanded', 'true');
      panel.setAttribute('aria-modal', String(small.matches));
      badge.textContent = '';
      keep.set(openKey, '1');
      chat.start();
      part('scroll').scrollTop = part('lines').children.length ? part('scroll').scrollHeight : 0;
      if (focus) chat.focus();
    };
    const close = () => {
      panel.hidden = true;
      wrap.classList.remove('hl-open');
      launcher.hidden = false;
      launcher.setAttribute('aria-expanded', 'false');
      keep.drop(openKey);
      launcher.focus();
    };
    const leave = () => { keep.drop(openKey); leaveNow(chat); };
    launcher.addEventListener('click', () => open(true));
    part('close').addEventListener('click', close);
    part('exit').addEventListener('click', leave);
    panel.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') { e.stopPropagation(); close(); }
      if (e.key === 'Tab' && small.matches) this.stayInside(e, panel, shadow);
    });
    // A panel that hides what the keyboard has reached on the site makes way.
    document.addEventListener('focusin', (e) => {
      if (panel.hidden || e.target === this) return;
      const a = e.target.getBoundingClientRect();
      const b = panel.getBoundingClientRect();
      const hidden = a.width > 0 && a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
      if (hidden) e.target.scrollIntoView({ block: 'start' });
    });
    threeShifts(document, () => !panel.hidden, (n) => {
      const dots = part('dots');
      dots.hidden = n === 0;
      Array.from(dots.children).forEach((d, i) => d.classList.toggle('hl-on', i < n));
      told.textContent = n > 0 && n < 3 ? t('exit.more', { n: 3 - n }) : '';
      if (n === 3) leave();
    });
    if (keep.get(openKey)) open(false);
    else if (keep.get('helpline.token')) chat.start(); // an answer may come while it is closed
  }

  // stayInside keeps the Tab key in a panel that covers the whole screen.
  stayInside(e, panel, shadow) {
    const stops = Array.from(panel.querySelectorAll('a[href], button, textarea, summary, [tabindex="0"]'))
      .filter((x) => x.getClientRects().length > 0);
    const edge = e.shiftKey ? stops[0] : stops[stops.length - 1];
    if (shadow.activeElement !== edge) return;
    e.preventDefault();
    (e.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}

if (!customElements.get('helpline-chat')) {
  customElements.define('helpline-chat', HelplineChat);
  const place = () => {
    if (!document.querySelector('helpline-chat')) document.body.append(document.createElement('helpline-chat'));
  };
  if (document.body) place();
  else document.addEventListener('DOMContentLoaded', place);
}
