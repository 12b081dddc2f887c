// The composer: keeps what is typed until the server has it, and follows the window.

const PREFIX = "draft:";
const VALUES = "values:";
const root = () => document.querySelector("[data-composer]");
const key = () => PREFIX + root().dataset.draftKey;
const box = () => root()?.querySelector("[data-draft]");

function read(storage, name) {
  try {
    return JSON.parse(storage.getItem(name) ?? "null");
  } catch {
    return null; // storage refused or foreign: as if nothing had been kept
  }
}

function keep(storage, name, value) {
  try {
    if (value) storage.setItem(name, JSON.stringify(value));
    else storage.removeItem(name);
  } catch {
    // storage refused: what is typed lives as long as this page
  }
}

const idOf = (form) => form.querySelector("[name=client_id]");

// The server takes one message under one id. Words that changed after a try are another message.
function renew(form) {
  idOf(form).value = crypto.randomUUID();
  delete form.dataset.tried;
}

function keepDraft(form) {
  const text = form.querySelector("[data-draft]").value;
  keep(localStorage, key(), text && { text, id: idOf(form).value });
}

/* ---- A template's values ---- */

const valuesKey = (form) => `${VALUES}${root().dataset.draftKey}:${form.querySelector("[name=template]").value}`;
const fields = () => [...root().querySelectorAll("[data-value]")];

function keepValues(form) {
  keep(sessionStorage, valuesKey(form), Object.fromEntries(fields().map((one) => [one.dataset.value, one.value])));
}

function show(input) {
  for (const slot of root().querySelectorAll(`[data-slot="${CSS.escape(input.dataset.value)}"]`)) {
    const value = input.value.trim();
    slot.textContent = value || slot.dataset.missing;
    slot.classList.toggle("is-bad", !value);
  }
}

// After every exchange with the server: what was typed comes back, under the id it was typed with.
function settle() {
  const composer = root();
  if (!composer) return;
  const draft = read(localStorage, key());
  if (box() && draft && !box().value) {
    box().value = draft.text;
    idOf(box().form).value = draft.id;
  }
  const kept = composer.querySelector("[data-draft-kept]");
  if (kept && draft?.text) {
    composer.querySelector("[data-draft-words]").textContent = `“${draft.text}”`;
    kept.hidden = false;
  }
  if (!fields().length) return;
  const values = read(sessionStorage, valuesKey(fields()[0].form)) ?? {};
  for (const input of fields()) {
    if (!(input.dataset.value in values) || input.value === values[input.dataset.value]) continue;
    input.value = values[input.dataset.value];
    show(input);
  }
}

async function load(query = "") {
  const composer = root();
  await window.htmx.ajax("GET", composer.dataset.url + query, { target: composer, swap: "outerHTML" });
}

document.addEventListener("picker:chosen", async (event) => {
  const sender = root().querySelector("select[name=sender]")?.value;
  await load(`?template=${event.detail.template}${sender ? `&sender=${sender}` : ""}`);
  (fields()[0] ?? root().querySelector("[data-templates]"))?.focus();
});

document.addEventListener("input", (event) => {
  const { target } = event;
  if (!target.matches("[data-draft], [data-value]")) return;
  if ("tried" in target.form.dataset) renew(target.form);
  if (target.matches("[data-draft]")) {
    keepDraft(target.form);
  } else {
    show(target);
    keepValues(target.form);
  }
});

// Another tab of this browser wrote on the same draft, or sent it.
window.addEventListener("storage", (event) => {
  if (!root() || event.key !== key()) return;
  const area = box();
  if (!area) {
    settle();
    return;
  }
  const before = JSON.parse(event.oldValue ?? "null");
  const draft = JSON.parse(event.newValue ?? "null");
  const untouched = !area.value || area.value === before?.text;
  if (untouched) area.value = draft?.text ?? "";
  // Text of its own must not go under the id of a message that is already sent.
  if (draft && untouched) idOf(area.form).value = draft.id;
  else renew(area.form);
});

/* ---- Sending ---- */

const ofComposer = (event) => event.target.closest?.("[data-composer]");
let sent = "";

function problem(composer, words) {
  const notice = composer?.querySelector("[data-send-problem]");
  if (!notice) return;
  notice.querySelector("[data-problem]").textContent = words;
  notice.hidden = false;
}

function words(event) {
  const status = event.detail.xhr?.status ?? 0;
  const isSend = event.detail.requestConfig.verb !== "get";
  const first = isSend ? "Not sent. " : "Not loaded. ";
  if (!status) {
    return isSend
      ? "The server did not answer, so it may have gone or not: look at the conversation. What you typed is kept. Press Send again; as long as you change nothing it does not go twice."
      : "Not loaded. The server did not answer; try again in a moment.";
  }
  if (status === 403) return `${first}Your sign-in or your role has changed. What you typed is kept: reload the page and sign in.`;
  if (status === 404) return `${first}The conversation, the template or the sender is no longer there. Reload the page to see what is.`;
  if (status === 429) return `${first}Too many at once. What you typed is kept; wait a minute and try again.`;
  return `${first}The server reported error ${status}. What you typed is kept; try again in a moment.`;
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const composer = ofComposer(event);
  if (!composer) return;
  const notice = composer.querySelector("[data-send-problem]");
  if (notice) notice.hidden = true;
  if (event.target.matches("[data-text-form]")) sent = box().value;
});

for (const kind of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.body.addEventListener(kind, (event) => {
    const composer = ofComposer(event);
    if (!composer) return;
    if (event.target.matches("form")) event.target.dataset.tried = "";
    problem(composer, words(event));
  });
}

// A sign-in page in place of the composer would take the typed text away.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (!target?.matches?.("[data-composer]") || xhr.responseText.includes("data-composer")) return;
  if (xhr.getResponseHeader("HX-Refresh")) return;
  event.detail.shouldSwap = false;
  problem(target, "Not done: you are signed out. What you typed is kept. Sign in again in another tab, then try again here.");
});

document.body.addEventListener("whatsapp:sent", () => {
  const area = box();
  if (!area) {
    if (fields().length) keep(sessionStorage, valuesKey(fields()[0].form), null);
    return;
  }
  // What was typed on while the message was on its way is the next draft, under a new id.
  const rest = area.value.startsWith(sent) ? area.value.slice(sent.length).trimStart() : area.value;
  keep(localStorage, key(), rest && { text: rest, id: crypto.randomUUID() });
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  settle();
  if (event.detail.xhr?.status === 422) event.detail.elt.querySelector('[aria-invalid="true"]')?.focus();
  // After a form of the composer: on to what is to be mended, or to the next message.
  const isForm = event.detail.requestConfig?.elt?.matches?.("[data-composer] form, form");
  if (!isForm || !event.detail.elt?.closest?.("[data-composer]")) return;
  (root().querySelector('[aria-invalid="true"]') ?? box() ?? root().querySelector("[data-templates]"))?.focus();
});

/* ---- The window ---- */

// A half-filled template stays as it is, and so does the text box while the window is open: only a
// switch between text and templates is fetched.
document.addEventListener("thread:window", async (event) => {
  const composer = root();
  if (!composer) return;
  const { opened, isOpen, closesAt, until } = event.detail;
  const isText = composer.dataset.mode === "text";
  if (isText && isOpen && closesAt !== composer.dataset.closesAt) {
    composer.dataset.closesAt = closesAt;
    composer.querySelector("[data-until]").textContent = until;
  } else if (isText && !isOpen) {
    const wasWriting = document.activeElement === box();
    await load().catch(console.warn);
    if (wasWriting) root().querySelector("[data-template-search]")?.focus();
  } else if (opened && isOpen && !isText && !fields().some((one) => one.value)) {
    await load().catch(console.warn);
  }
});

/* ---- Keys ---- */

const forgoKeys = () => read(localStorage, "keys-off") === true;

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-draft]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.code === "KeyL" && event.altKey && !event.ctrlKey && !event.metaKey && root() && !forgoKeys()) {
    event.preventDefault();
    (box() ?? root().querySelector("[data-template-search]"))?.focus();
  }
});

settle();
