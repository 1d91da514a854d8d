// The page: what the server rendered comes to life.
document.documentElement.classList.add('hl-js');
const root = document.getElementById('chat');
const chat = mountChat(root, {
  base: location.origin,
  token: false,
  scroller: null,
  // The cookie went with the chat: the next one begins with a fresh page.
  ended() { location.replace('/chat?ended=1'); },
});
// The word that the visitor left may not have arrived, on a bad line; the
// script cannot delete the cookie itself. Coming back, that is made good first.
const leftKey = 'helpline.left';
const leave = () => { leaveNow(chat); keep.set(leftKey, '1'); };
const left = keep.get(leftKey);
if (left) {
  root.hidden = true;
  chat.forget('wait').then(() => { keep.drop(leftKey); location.replace('/chat'); }, () => { root.hidden = false; });
}
for (const b of document.querySelectorAll('[data-hl="exit"]')) {
  b.addEventListener('click', (e) => { e.preventDefault(); leave(); });
}
const dots = root.querySelector('[data-hl="dots"]');
const told = el('p', { class: 'hl-hidden', role: 'status' });
document.body.append(told);
threeShifts(document, () => true, (n) => {
  dots.hidden = n === 0;
  Array.from(dots.children).forEach((d, i) => d.classList.toggle('hl-on', i < n));
  told.textContent = n > 0 && n < 3 ? t('exit.more', { n: 3 - n }) : '';
  if (n === 3) leave();
});
// A page that comes back from the browser's memory may show what was ended.
addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });
if (!left) chat.start();
const newest = root.querySelector('.hl-lines > li:last-child');
if (newest && !root.querySelector('[data-hl="error"]').textContent) newest.scrollIntoView({ block: 'center' });
