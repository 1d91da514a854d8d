// Exit this page: the button, or Shift pressed three times within five
// seconds, blanks the page and puts another in its place, so that "back" does
// not return to it. Nothing is kept on the device that would need clearing.
(() => {
  'use strict';
  const button = document.getElementById('exit');
  if (!button) return;
  const dots = document.querySelector('.dots');
  const said = document.getElementById('exit-said');
  const title = document.title;
  let count = 0;
  let armed = false;
  let leaving = false;
  let timer = 0;

  const leave = () => {
    leaving = true;
    document.documentElement.hidden = true;
    document.title = button.dataset.leaving;
    location.replace(button.href);
  };
  const progress = () => {
    dots.hidden = count === 0;
    dots.querySelectorAll('i').forEach((dot, i) => dot.classList.toggle('on', i < count));
    said.textContent = count === 0 ? '' : count === 3 ? button.dataset.leaving : button.dataset.more.replace('{n}', 3 - count);
  };
  const reset = () => {
    clearTimeout(timer);
    if (count) { count = 0; progress(); }
  };

  document.querySelectorAll('[data-exit]').forEach((link) => link.addEventListener('click', (e) => { e.preventDefault(); leave(); }));
  // Shift with another key is a capital letter, and no wish to leave.
  addEventListener('keydown', (e) => {
    if (e.key === 'Shift') {
      if (!e.repeat) armed = true;
    } else {
      armed = false;
      reset();
    }
  }, true);
  addEventListener('keyup', (e) => {
    if (e.key !== 'Shift' || !armed || leaving) return;
    armed = false;
    count += 1;
    if (count === 1) timer = setTimeout(reset, 5000);
    progress();
    if (count === 3) { clearTimeout(timer); leave(); }
  }, true);
  // A browser may bring the page back as it was left.
  addEventListener('pageshow', (e) => {
    if (!e.persisted) return;
    leaving = false;
    document.documentElement.hidden = false;
    document.title = title;
    reset();
  });
})();
