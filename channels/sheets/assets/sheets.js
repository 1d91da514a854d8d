// Exit this page: three times Shift within five seconds, or the button, puts
// another page in place of this one, so that "back" does not return to it.
(() => {
  "use strict";
  const exit = document.getElementById("exit");
  if (!exit) return;
  const leave = () => { document.documentElement.hidden = true; location.replace(exit.href); };
  exit.addEventListener("click", (e) => { e.preventDefault(); leave(); });
  let presses = [];
  addEventListener("keydown", (e) => {
    if (e.repeat) return;
    if (e.key !== "Shift") { presses = []; return; }
    const now = Date.now();
    presses = presses.filter((t) => now - t < 5000);
    presses.push(now);
    if (presses.length >= 3) leave();
  });
})();
