// Leaving quickly.

// leaveNow blanks what is shown before anything else, forgets, tells the
// service and puts another page in the place of this one.
function leaveNow(chat) {
  const cover = el('div', {});
  cover.style.cssText = 'position:fixed;inset:0;background:#fff;z-index:2147483647';
  (document.body || document.documentElement).append(cover);
  document.title = t('exit.leaving');
  chat.forget(true);
  location.replace(settings.exit);
}

// threeShifts calls back with how many of three presses of Shift are done
// within five seconds. Shift with another key is a capital letter and none.
function threeShifts(listen, active, progress) {
  let count = 0;
  let armed = false;
  let timer = 0;
  const reset = () => {
    clearTimeout(timer);
    if (count) { count = 0; progress(0); }
  };
  listen.addEventListener('keydown', (e) => {
    if (e.key === 'Shift') {
      if (!e.repeat) armed = true;
    } else {
      armed = false;
      reset();
    }
  }, true);
  listen.addEventListener('keyup', (e) => {
    if (e.key !== 'Shift' || !armed || !active()) return;
    armed = false;
    count += 1;
    if (count === 1) timer = setTimeout(reset, 5000);
    progress(count);
    if (count === 3) { clearTimeout(timer); count = 0; }
  }, true);
}

