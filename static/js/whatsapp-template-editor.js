// The template editor: what is typed is saved and judged a moment later; buttons act on the form.

const form = () => document.querySelector("[data-template-form]");
let soon;

// Something is typed that the server has not answered to yet.
let unsaved = false;
// How often something was typed, and how often before what the server was last asked to keep.
let typings = 0;
let sent = 0;

function typed() {
  unsaved = true;
  typings += 1;
}

/* One request at a time: an answer may take the form's place, and what was asked of the old form
 * would be asked by nobody. */
let busy = false;
let wantsSaving = false;
// What draws the form anew, in the order of the presses; "" is that alone.
let wishes = [];

function save() {
  clearTimeout(soon);
  unsaved = wantsSaving = true;
  ask();
}

/* Saves, and draws the form anew: its kind of header, category or buttons change. */
function redraw(act = "") {
  clearTimeout(soon);
  typed();
  // The form is read when it is asked, so that once is enough for several choices.
  if (act || wishes.at(-1) !== "") wishes.push(act);
  ask();
}

function ask() {
  if (busy || !(wantsSaving || wishes.length)) return;
  // A redrawing saves as well.
  wantsSaving = false;
  if (!wishes.length) return htmx.trigger(form(), "template:save");
  acted = wishes.shift();
  const values = { redraw: "1", ...(acted ? { act: acted } : {}) };
  htmx.ajax("POST", form().getAttribute("hx-post"), { source: form(), target: "#t-form", swap: "outerHTML", values }).catch(() => {});
}

/* Savings are counted: one that arrives after a later one is left. */
let turn = 0;
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt === form()) event.detail.parameters.turn = ++turn;
});

/* What was typed while the answer was on its way is not lost with what it replaces. */
const named = (root) => [...root.querySelectorAll("input:not([type=hidden]):not([type=file]), textarea, select")].filter((box) => box.name && (box.type !== "radio" || box.checked));
const valueOf = (box) => (box.type === "checkbox" ? box.checked : box.value);
let posted = new Map();
let kept = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== form()) return;
  posted = new Map(named(form()).map((box) => [box.name, valueOf(box)]));
  busy = true;
  event.detail.xhr.addEventListener("loadend", answered);
});

function keep(root, except = () => false) {
  const later = named(root).filter((box) => valueOf(box) !== posted.get(box.name));
  kept = new Map(later.filter((box) => !except(box.name)).map((box) => [box.name, valueOf(box)]));
}

function restore(root) {
  let differs = false;
  let drawsAnew = false;
  for (const box of named(root)) {
    const value = kept.get(box.name);
    if (value === undefined || value === valueOf(box)) continue;
    if (box.type === "checkbox") box.checked = value;
    else if (box.type === "radio") root.querySelector(`[name="${box.name}"][value="${CSS.escape(value)}"]`).checked = true;
    else box.value = value;
    differs = true;
    drawsAnew ||= box.matches("[data-redraw]");
  }
  kept = new Map();
  if (!differs) return;
  typed();
  if (drawsAnew) wishes.push("");
  else soon = setTimeout(save, 400);
}

let acted = "";
// Where somebody writes when the form is about to be replaced, and what they have selected there.
let place = null;
let isRedrawn = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "t-form" || !event.detail.shouldSwap) return;
  const moves = /^(remove|up|down)/.test(acted);
  keep(event.detail.target, (name) => (moves && name.startsWith("button-")) || (acted === "plain-footer" && name === "footer"));
  const { id, selectionStart, selectionEnd, selectionDirection } = document.activeElement;
  place = { id, selectionStart, selectionEnd, selectionDirection };
  isRedrawn = true;
});
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target?.id === "t-fields") keep(event.detail.target);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "t-fields") restore(document.getElementById("t-fields"));
});

/* Before anything else is pressed: the answer and this are one turn of the browser. */
function answered() {
  busy = false;
  // Somebody else may have saved meanwhile, and what is typed here stays as it is.
  if (isRedrawn && form() && !document.querySelector("#t-overtaken .banner")) {
    restore(form());
    focusAgain();
  }
  isRedrawn = false;
  ask();
}

function focusAgain() {
  const box = place.id && document.getElementById(place.id);
  // Who writes elsewhere by now stays there.
  if (box && place.id !== "t-add-button") {
    box.focus({ preventScroll: true });
    if (typeof place.selectionStart === "number") box.setSelectionRange(place.selectionStart, place.selectionEnd, place.selectionDirection);
    return;
  }
  const kind = acted.split(":")[0];
  if (kind === "add") form().querySelector(".buttons > li:last-child .input")?.focus();
  else if (kind === "remove") form().querySelector("#t-add-button")?.focus();
  else if (acted) form().querySelector(`[data-act="${acted}"]`)?.focus();
}

document.addEventListener("input", (event) => {
  if (!event.target.closest("[data-template-form]") || event.target.matches("[data-redraw], [data-file]")) return;
  count(event.target);
  typed();
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
  } else if (button.dataset.show) show(button);
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
  for (const button of document.querySelectorAll("[data-submit]")) {
    button.setAttribute("aria-busy", "true");
    setTimeout(() => (button.disabled = true));
  }
});

/* As Meta counts: signs, not halves of them. */
function count(box) {
  const place = document.querySelector(`[data-count-of="${CSS.escape(box.id)}"]`);
  if (place) place.textContent = `${[...box.value].length.toLocaleString("en")} of ${Number(place.dataset.most).toLocaleString("en")}`;
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
  document.getElementById("t-file-problem").replaceChildren();
  const wrong = file && unfit(file, input.dataset);
  if (wrong) {
    input.value = "";
    return failed(wrong);
  }
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

/* What the server would say of it once it is there. */
function unfit(file, { what, most, mostWords, types, typesWords, known }) {
  if (file.type && !types.split(" ").includes(file.type)) {
    const seems = JSON.parse(known)[file.type] ?? `not a ${what} that can be read`;
    return `The file is ${seems}; Meta takes ${typesWords} there.`;
  }
  if (!file.size) return "The file is empty. Choose another.";
  if (file.size <= Number(most)) return "";
  return `The ${what} has ${sizeInWords(file.size)}; WhatsApp takes ${mostWords}. Make it smaller, or choose another.`;
}

function sizeInWords(size) {
  const megabytes = size / 1024 / 1024;
  return megabytes >= 1 ? `${Number(megabytes.toPrecision(3))} MB` : `${Math.max(1, Math.round(size / 1024))} KB`;
}

function failed(words) {
  document.querySelector("[data-file-progress]").classList.add("u-hide");
  const hint = document.querySelector("[data-file-refused]").content.cloneNode(true);
  hint.querySelector("[data-words]").textContent = words;
  document.getElementById("t-file-problem").replaceChildren(hint);
}

/* ---- After every answer ---- */

/* A button has several boxes, and a fault is of one of them. */
const BOXES = [["url_sample", "end"], ["url_", "url"], ["phone_", "phone"], ["code_", "example"], ["button_text", "text"]];
function isMeant(box, hints) {
  if (!hints.id.startsWith("hints-button-")) return true;
  return [...hints.querySelectorAll(".is-bad")].some(({ dataset }) => {
    const found = BOXES.find(([begins]) => dataset.fault.startsWith(begins));
    return found && box.id.endsWith(`-${found[1]}`);
  });
}

function dress() {
  document.getElementById("t-phone")?.setAttribute("data-showing", shown);
  for (const hints of document.querySelectorAll(".hints")) {
    const bad = Boolean(hints.querySelector(".is-bad"));
    for (const box of document.querySelectorAll(`[aria-describedby~="${CSS.escape(hints.id)}"]`)) {
      if (bad && isMeant(box, hints)) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
    }
    hints.parentElement.querySelector(".write")?.classList.toggle("is-bad", bad);
  }
  for (const box of document.querySelectorAll("[name$='-url']:not([type=hidden])")) {
    const end = document.getElementById(`url-end-${box.name.split("-")[1]}`);
    if (end) end.hidden = !box.value.includes("{{");
  }
}

document.body.addEventListener("htmx:afterSettle", dress);
document.addEventListener("input", (event) => event.target.matches("[name$='-url']") && dress());
dress();

// Where Meta has said something about a template, this page shows it; while somebody types, its
// banners alone do.
document.addEventListener("live:templates", () => {
  if (!unsaved && !document.querySelector("#t-acts [form='t-discard']")) location.reload();
  else htmx.trigger(document.getElementById("t-banners"), "template:news");
});

/* ---- What could not be saved ---- */

let failing = false;

function notSaved(words) {
  failing = true;
  const place = document.getElementById("t-overtaken");
  const banner = document.createElement("div");
  banner.className = "banner is-bad";
  banner.textContent = words;
  place.replaceChildren(banner);
}

// The form that asked may have been replaced by the answer.
const ofForm = (event) => Boolean(event.detail.requestConfig?.elt.matches("[data-template-form]"));
document.addEventListener("htmx:sendError", (event) => {
  if (ofForm(event)) notSaved("Not saved: the server could not be reached. What you typed stays here, and is saved with your next change.");
});
document.addEventListener("htmx:responseError", (event) => {
  if (ofForm(event)) notSaved("Not saved: the server did not take it. Copy what you want to keep, then load the page again.");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful || !ofForm(event) || document.querySelector("#t-overtaken .banner")) return;
  failing = false;
  if (sent === typings) unsaved = false;
});
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt === form()) sent = typings;
});

/* ---- Leaving ---- */

const page = document.querySelector("[data-template-editor]");
// What was sent here and not taken is not sent again by loading the page again.
if (location.pathname !== page.dataset.templateEditor) history.replaceState(null, "", page.dataset.templateEditor);
// Somebody else's text is kept, and what is typed here is nowhere but on this page.
if ("notKept" in page.dataset) unsaved = failing = true;

let leaving = false;
document.addEventListener("submit", ({ target }) => {
  // These bring along what is typed, or drop it.
  if (target === form() || target.id === "t-discard") leaving = true;
});
// Back to a page that the browser had kept as it was.
window.addEventListener("pageshow", () => (leaving = false));

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && unsaved && !failing && !leaving) save();
});

/* The page goes, and with it a request that htmx would make. */
let parted = -1;
function part() {
  if (!unsaved || failing || leaving || parted === typings || document.querySelector("#t-overtaken .banner")) return;
  clearTimeout(soon);
  parted = typings;
  sessionStorage.setItem("template-left", location.pathname);
  const data = new FormData(form());
  data.delete("file");
  data.set("turn", ++turn);
  const token = form().querySelector("[name=csrfmiddlewaretoken]").value;
  fetch(form().getAttribute("hx-post"), {
    method: "POST",
    body: data,
    keepalive: true,
    headers: { "HX-Request": "true", "X-CSRFToken": token },
  }).catch(() => {});
}
window.addEventListener("pagehide", part);

// What was typed before this script was there.
const boxes = [...form().querySelectorAll("input:enabled:not([type=hidden]):not([type=file]), textarea:enabled")];
const differs = (box) => {
  if (["checkbox", "radio"].includes(box.type)) return box.checked !== box.defaultChecked;
  // A line of text has lost its line breaks, and nobody typed that.
  return box.value !== (box.matches("textarea") ? box.defaultValue : box.defaultValue.replace(/[\r\n]/g, ""));
};
if (boxes.some((box) => box.matches("[data-redraw]") && differs(box))) redraw();
else if (boxes.some(differs)) {
  typed();
  save();
}

/* Loaded again at once, the page may be older than what was sent while it was left. */
async function catchUp() {
  if (sessionStorage.getItem("template-left") !== location.pathname) return;
  sessionStorage.removeItem("template-left");
  const version = (root) => root.getElementById("t-version")?.value;
  for (const seconds of [1, 1, 2, 4, 8]) {
    await new Promise((done) => setTimeout(done, 1000 * seconds));
    if (unsaved) return;
    const now = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    if (!unsaved && version(now) && version(now) !== version(document)) return location.reload();
  }
}
catchUp().catch(console.warn);

// Only what could not be saved is lost by leaving.
window.addEventListener("beforeunload", (event) => {
  part();
  if (unsaved && !leaving && (failing || document.querySelector("#t-overtaken .banner"))) event.preventDefault();
});
