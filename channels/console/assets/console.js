// The console's scripts. Every page works without them; they keep it up to date and keep what is typed.
import { live } from './live.js';
import { queuePage } from './queue.js';
import { conversationPage } from './conversation.js';
import { sheetPage } from './sheet.js';
import { keepAges } from './ages.js';

document.documentElement.classList.add('js');
document.querySelector('[data-focus]')?.focus();
document.querySelector('[data-sign-out]')?.addEventListener('submit', () => sessionStorage.clear());

const main = document.getElementById('main');
const start = { queue: queuePage, conversation: conversationPage, sheet: sheetPage }[main?.dataset.page];
keepAges();
if (document.getElementById('connection')) live.open();
start?.(main);

// A link from another site comes without our strict cookie. Asked from this page it is sent: who is signed in goes on.
if (main?.dataset.page === 'sign-in' && location.search.includes('next=')) {
  fetch(location.href, { redirect: 'manual', cache: 'no-store' }).then((a) => { if (a.type === 'opaqueredirect') location.replace(location.href); }, () => {});
}
