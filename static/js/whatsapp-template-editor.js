// The template editor: what is typed is saved and judged a moment later; buttons act on the form.

const form = () => document.querySelector("[data-template-form]");
let soon;

// Something is typed that the server has not answered to yet.
let unsaved = false;

const save = () => {
  clearTimeout(soon);
  unsaved = true;
  htmx.trigger(form(), "template:save");
};

/* Savings are counted: one that arrives after a later one is left. */
let turn = 0;
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt === form()) event.detail.parameters.turn = ++turn;
});

/* What was typed while the answer was on its way is not lost with what it replaces. */
const named = (root) => [...root.querySelectorAll("input:not([type=hidden]):not([type=file]):not([type=radio]), textarea, select")].filter((box) => box.name);
const valueOf = (box) => (box.type === "checkbox" ? box.checked : box.value);
let posted = new Map();
let kept = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === form()) posted = new Map(named(form()).map((box) => [box.name, valueOf(box)]));
});

function keep(root, except = () => false) {
  const later = named(root).filter((box) => valueOf(box) !== posted.get(box.name));
  kept = new Map(later.filter((box) => !except(box.name)).map((box) => [box.name, valueOf(box)]));
}

function restore(root) {
  let differs = false;
  for (const box of named(root)) {
    const value = kept.get(box.name);
    if (value === undefined || value === valueOf(box)) continue;
    if (box.type === "checkbox") box.checked = value;
    else box.value = value;
    differs = true;
  }
  kept = new Map();
  if (differs) soon = setTimeout(save, 400);
}

let acted = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "t-form") return;
  const moves = /^(remove|up|down)/.test(acted);
  keep(event.detail.target, (name) => (moves && name.startsWith("button-")) || (acted === "plain-footer" && name === "footer"));
});
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target?.id === "t-fields") keep(event.detail.target);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "t-fields") restore(document.getElementById("t-fields"));
});

/* Saves, and draws the form anew: its kind of header, category or buttons change. */
async function redraw(act) {
  clearTimeout(soon);
  const values = { redraw: "1", ...(act ? { act } : {}) };
  const at = document.activeElement?.id;
  acted = act ?? "";
  await htmx.ajax("POST", form().getAttribute("hx-post"), { source: form(), target: "#t-form", swap: "outerHTML", values });
  // Somebody else has saved meanwhile, and what is typed here stays as it is.
  if (!form() || document.querySelector("#t-overtaken .banner")) return;
  restore(form());
  const kind = act?.split(":")[0];
  if (kind === "add") form().querySelector(".buttons > li:last-child .input")?.focus();
  else if (kind === "remove") form().querySelector("[popovertarget='t-button-kinds']")?.focus();
  else if (at) document.getElementById(at)?.focus();
  else if (act) form().querySelector(`[data-act="${act}"]`)?.focus();
}

document.addEventListener("input", (event) => {
  if (!event.target.closest("[data-template-form]") || event.target.matches("[data-redraw], [data-file]")) return;
  count(event.target);
  unsaved = true;
  clearTimeout(soon);
  soon = setTimeout(save, 400);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-redraw]")) redraw();
  else if (event.target.matches("[data-file]")) upload(event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.act) {
    button.closest("[popover]")?.hidePopover();
    redraw(button.dataset.act);
  } else if (button.dataset.insert) insert(button);
  else if (button.dataset.mark) mark(button.dataset.mark);
  else if (button.dataset.show) show(button);
  else if (button.matches("[data-file-remove]")) upload(null);
  else if (button.matches("[data-submit][aria-disabled='true']")) {
    event.preventDefault();
    (form().querySelector("[aria-invalid='true']") ?? document.getElementById("t-why")).scrollIntoView({ block: "center" });
    form().querySelector("[aria-invalid='true']")?.focus();
  }
});

/* Submitting twice is asking twice. */
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-template-form]")) return;
  clearTimeout(soon);
  event.target.elements.turn.value = ++turn;
  const button = document.querySelector("[data-submit]");
  button.setAttribute("aria-busy", "true");
  setTimeout(() => (button.disabled = true));
});

/* ---- Writing ---- */

let lastText = "t-body";
document.addEventListener("focusin", (event) => {
  if (["t-body", "t-head"].includes(event.target.id)) lastText = event.target.id;
});

const text = () => document.getElementById(lastText) ?? document.getElementById("t-body");

function insert(button) {
  button.closest("[popover]").hidePopover();
  const box = text();
  box.focus();
  box.setRangeText(`{{${button.dataset.insert}}}`, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function mark(sign) {
  const box = document.getElementById("t-body");
  const { selectionStart: start, selectionEnd: end } = box;
  box.focus();
  box.setRangeText(`${sign}${box.value.slice(start, end)}${sign}`, start, end, "select");
  if (start === end) box.setSelectionRange(start + sign.length, start + sign.length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/* As Meta counts: signs, not halves of them. */
function count(box) {
  const place = document.querySelector(`[data-count-of="${CSS.escape(box.id)}"]`);
  if (place) place.textContent = `${[...box.value].length} of ${place.dataset.most}`;
}

let shown = "samples";
function show(button) {
  shown = button.dataset.show;
  for (const one of button.parentElement.children) one.setAttribute("aria-pressed", String(one === button));
  dress();
}

/* ---- A header's file ---- */

function upload(input) {
  const file = input?.files[0];
  if (input && !file) return;
  const data = new FormData(form());
  data.delete("file");
  if (file) data.append("file", file);
  const bar = document.querySelector("[data-file-progress]");
  const request = new XMLHttpRequest();
  request.open("POST", document.querySelector("[data-file]").dataset.url);
  request.setRequestHeader("X-CSRFToken", form().querySelector("[name=csrfmiddlewaretoken]").value);
  request.upload.onprogress = (event) => {
    bar.classList.remove("u-hide");
    bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
  };
  request.onload = () => {
    const place = document.getElementById("t-file");
    if (request.status !== 200 && request.status !== 422) return failed("It could not be uploaded. Try again in a moment.");
    place.outerHTML = request.responseText;
    save();
  };
  request.onerror = () => failed("The connection was lost. Choose the file again.");
  request.send(data);
}

function failed(words) {
  document.querySelector("[data-file-progress]").classList.add("u-hide");
  document.getElementById("t-file-problem").textContent = words;
}

/* ---- After every answer ---- */

function dress() {
  document.getElementById("t-phone")?.setAttribute("data-showing", shown);
  for (const hints of document.querySelectorAll(".hints")) {
    const bad = Boolean(hints.querySelector(".is-bad"));
    for (const box of document.querySelectorAll(`[aria-describedby~="${CSS.escape(hints.id)}"]`)) {
      if (bad) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
    }
    hints.parentElement.querySelector(".write")?.classList.toggle("is-bad", bad);
  }
  for (const box of document.querySelectorAll("[name$='-url']")) {
    const end = document.getElementById(`url-end-${box.name.split("-")[1]}`);
    if (end) end.hidden = !box.value.includes("{{");
  }
}

document.body.addEventListener("htmx:afterSettle", dress);
document.addEventListener("input", (event) => event.target.matches("[name$='-url']") && dress());
dress();

// Where Meta has said something about a template, this page may show it: unless somebody is typing.
document.addEventListener("live:templates", () => {
  if (!unsaved && !document.querySelector("#t-acts [form='t-discard']")) location.reload();
});

/* ---- What could not be saved ---- */

function notSaved(words) {
  const place = document.getElementById("t-overtaken");
  const banner = document.createElement("div");
  banner.className = "banner is-bad";
  banner.textContent = words;
  place.replaceChildren(banner);
}

document.addEventListener("htmx:sendError", () =>
  notSaved("Not saved: the server could not be reached. What you typed stays here, and is saved with your next change."));
document.addEventListener("htmx:responseError", () =>
  notSaved("Not saved: the server did not take it. Copy what you want to keep, then load the page again."));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.elt === form() && !document.querySelector("#t-overtaken .banner")) unsaved = false;
});
let leaving = false;
document.addEventListener("submit", () => (leaving = true));
window.addEventListener("beforeunload", (event) => {
  if (unsaved && !leaving) event.preventDefault();
});
