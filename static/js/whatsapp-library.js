// The library and the page of a template: they follow what Meta decides while they are open.

const OFTEN = 1000; // Milliseconds between two looks, however much happens.
let timer;
let last = 0;

// Whoever is about to press something, or chooses teams, or has marked some text, is not interrupted.
function isInUse(part) {
  const focused = document.activeElement;
  return (
    (part.contains(focused) && focused.matches("button, input")) ||
    !(document.getSelection()?.isCollapsed ?? true)
  );
}

function look() {
  timer = undefined;
  const part = document.querySelector("[data-library]");
  if (!part || document.hidden) return;
  last = Date.now();
  if (isInUse(part)) return soon();
  part.dispatchEvent(new CustomEvent("library-changed"));
}

function soon() {
  timer ??= setTimeout(look, Math.max(50, last + OFTEN - Date.now()));
}

// "connection" too: an account that was read has other templates, or the first ones.
for (const kind of ["templates", "connection", "reset"]) document.addEventListener(`live:${kind}`, soon);
document.addEventListener("visibilitychange", () => document.hidden || soon());
