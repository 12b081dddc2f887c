// The composer: keeps the draft, fills the template's preview, and follows the window.

const PREFIX = "draft:";
const root = () => document.querySelector("[data-composer]");
const key = () => PREFIX + root().dataset.draftKey;

function readDraft() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "null");
  } catch {
    return null;
  }
}

function keepDraft(form) {
  const text = form.querySelector("[data-draft]").value;
  const id = form.querySelector("[name=client_id]").value;
  if (text) localStorage.setItem(key(), JSON.stringify({ text, id }));
  else localStorage.removeItem(key());
}

// After every exchange with the server: what was typed comes back, under the id it was typed with.
function settle() {
  const composer = root();
  if (!composer) return;
  const draft = readDraft();
  const box = composer.querySelector("[data-draft]");
  if (box && draft && !box.value) {
    box.value = draft.text;
    box.form.querySelector("[name=client_id]").value = draft.id;
  }
  const kept = composer.querySelector("[data-draft-kept]");
  if (kept && draft?.text) {
    composer.querySelector("[data-draft-words]").textContent = `“${draft.text}”`;
    kept.hidden = false;
  }
}

function show(input) {
  for (const slot of root().querySelectorAll(`[data-slot="${CSS.escape(input.dataset.value)}"]`)) {
    const value = input.value.trim();
    slot.textContent = value || slot.dataset.missing;
    slot.classList.toggle("is-bad", !value);
  }
}

function values() {
  const given = {};
  for (const input of root().querySelectorAll("[data-value]")) given[input.dataset.value] = input.value;
  return given;
}

async function load(query = "") {
  const composer = root();
  await window.htmx.ajax("GET", composer.dataset.url + query, { target: composer, swap: "outerHTML" });
}

async function choose(option) {
  if (!option || option.getAttribute("aria-disabled") === "true") return;
  const sender = root().querySelector("select[name=sender]")?.value;
  const search = root().querySelector("[data-template-search]").value;
  await load(`?template=${option.dataset.template}${sender ? `&sender=${sender}` : ""}`);
  const field = root().querySelector("[data-template-search]");
  field.value = search;
  filter(search);
  (root().querySelector(".picker-vars input") ?? root().querySelector("[data-templates]"))?.focus();
}

function filter(words) {
  const wanted = words.trim().toLowerCase();
  for (const option of root().querySelectorAll("[data-template]")) {
    option.hidden = !option.dataset.name.toLowerCase().includes(wanted);
  }
}

function walk(step) {
  const box = root().querySelector("[data-templates]");
  const options = [...box.querySelectorAll("[data-template]:not([hidden])")];
  const current = box.querySelector("[data-walked]") ?? box.querySelector('[aria-selected="true"]');
  const next = options[Math.min(options.length - 1, Math.max(0, options.indexOf(current) + step))];
  box.querySelector("[data-walked]")?.removeAttribute("data-walked");
  if (!next) return;
  next.dataset.walked = "";
  box.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-draft]")) keepDraft(event.target.form);
  if (event.target.matches("[data-value]")) show(event.target);
  if (event.target.matches("[data-template-search]")) filter(event.target.value);
});

document.addEventListener("click", (event) => choose(event.target.closest("[data-template]")));

document.addEventListener("keydown", (event) => {
  const inList = event.target.matches?.("[data-templates], [data-template-search]");
  if (inList && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1);
  }
  if (inList && event.key === "Enter") {
    event.preventDefault();
    choose(root().querySelector("[data-walked]"));
  }
  if (event.target.matches?.("[data-draft]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

document.body.addEventListener("whatsapp:sent", () => {
  localStorage.removeItem(key());
  root().querySelector("[data-draft]")?.focus();
});

document.body.addEventListener("htmx:sendError", (event) => {
  const notice = event.target.closest("[data-composer]")?.querySelector("[data-send-problem]");
  if (notice) notice.hidden = false;
});
document.body.addEventListener("htmx:responseError", (event) => {
  const notice = event.target.closest("[data-composer]")?.querySelector("[data-send-problem]");
  if (notice) notice.hidden = false;
});
document.body.addEventListener("htmx:afterSettle", settle);

// The candidate has written, or the time is up: the server says which composer it is now. A
// half-filled template stays as it is; only a switch between text and templates is fetched.
function follow() {
  const composer = root();
  if (!composer) return;
  const closes = Date.parse(composer.dataset.closesAt);
  const isOpen = closes > Date.now();
  if (composer.dataset.mode === "text" && !isOpen) load().catch(console.warn);
}
document.addEventListener("thread:window", (event) => {
  const composer = root();
  const filled = Object.values(values()).some(Boolean);
  if (event.detail.opened && composer?.dataset.mode !== "text" && !filled) load().catch(console.warn);
  follow();
});
setInterval(follow, 5000);

settle();
