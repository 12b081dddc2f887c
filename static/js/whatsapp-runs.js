// Bulk sends: pages that follow what happens, and a form that counts whom it chooses.

const OFTEN = 1000; // Milliseconds between two looks, however much happens.
const WHILE_BUSY = 3000; // What leaves is not told one by one, so a busy page looks by itself.
let timer;
let last = 0;

const shown = () => document.querySelector("[data-run], [data-runs]");

// Whoever is about to press a button, or has marked some text, is not interrupted.
function isInUse(part) {
  const focused = document.activeElement;
  return (
    (part.contains(focused) && focused.matches("button:active, a:active")) ||
    !(document.getSelection()?.isCollapsed ?? true)
  );
}

function look() {
  timer = undefined;
  const part = shown();
  if (!part || document.hidden) return;
  if (isInUse(part)) return soon();
  last = Date.now();
  part.dispatchEvent(new CustomEvent("run-changed"));
}

function soon() {
  timer ??= setTimeout(look, Math.max(50, last + OFTEN - Date.now()));
}

document.addEventListener("live:run", ({ detail }) => {
  const one = document.querySelector("[data-run]")?.dataset.run;
  if (!one || Number(one) === detail.run) soon();
});
document.addEventListener("live:reset", soon);
document.addEventListener("visibilitychange", () => document.hidden || soon());
setInterval(() => document.querySelector('[data-run-busy="yes"]') && soon(), WHILE_BUSY);

// ---------- The form ----------

function showParts(form) {
  const chosen = new Set([...form.querySelectorAll("[data-run-who]:checked")].map((one) => one.value));
  for (const part of form.querySelectorAll("[data-run-part]")) {
    part.hidden = !chosen.has(part.dataset.runPart);
  }
}

function prepare() {
  const form = document.querySelector("[data-run-form]");
  if (!form) return;
  showParts(form);
  // Choosing draws the text by itself.
  const draw = form.querySelector("[data-run-draw]");
  if (draw) draw.hidden = true;
}

let counting;
function count(form) {
  clearTimeout(counting);
  counting = setTimeout(() => {
    form.querySelector("[data-run-counter]")?.dispatchEvent(new CustomEvent("run-counts"));
  }, 300);
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("[data-run-form]");
  if (!form) return;
  if (target.matches("[data-run-who]")) showParts(form);
  if (target.matches("[data-run-who][name='who'], [data-run-counts]")) count(form);
});

document.addEventListener("change", ({ target }) => {
  if (!target.matches?.("[data-run-redraw]")) return;
  target.form.querySelector("[data-run-draw]").dispatchEvent(new CustomEvent("run-redraw"));
});

let byPicker = false;
document.addEventListener("picker:chosen", ({ detail }) => {
  const chosen = document.querySelector("[data-run-template]");
  if (!chosen) return;
  chosen.value = detail.template;
  byPicker = true;
  chosen.form.querySelector("[data-run-draw]").dispatchEvent(new CustomEvent("run-redraw"));
});

// What cannot be taken back is asked about.
document.addEventListener("submit", (event) => {
  const sure = event.submitter?.dataset.runSure;
  if (sure && !window.confirm(sure)) event.preventDefault();
});

document.addEventListener("htmx:afterSettle", () => {
  prepare();
  // The list was drawn anew: whoever walks in it goes on there.
  if (byPicker) document.querySelector("[data-templates]")?.focus();
  byPicker = false;
});
prepare();
