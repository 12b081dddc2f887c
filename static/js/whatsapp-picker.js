// The list of templates: a listbox that the search field above it walks too.

const SOON = 150; // Milliseconds, in which the next key may come.
const picker = () => document.querySelector("[data-templates]");
const search = () => document.querySelector("[data-template-search]");
const shown = () => [...picker().querySelectorAll("[data-template]:not([hidden])")];
const categories = () => [...document.querySelectorAll("[data-template-category]")];
let words = "";
let category = "";

const found = () => document.querySelector("[data-found]");
let timer;
let asking = false;

// A list that is too long for the page comes from the server, one question at a time.
const question = () => JSON.stringify([words.trim().toLowerCase(), category]);
const isAnswered = () => (found().dataset.answers ?? '["",""]') === question();

async function ask() {
  timer = undefined;
  if (asking || !found() || isAnswered()) return;
  asking = true;
  const asked = question();
  const more = new URLSearchParams({ q: words.trim(), category });
  const address = `${found().dataset.searchUrl}&${more}`;
  try {
    await window.htmx.ajax("GET", address, { target: "[data-found]", swap: "outerHTML" });
  } finally {
    asking = false;
  }
  // Also after a failure, which the page says: the same is not asked again and again.
  if (found()) found().dataset.answers = asked;
  if (picker()) filter();
}

function hideOthers() {
  const wanted = words.trim().toLowerCase();
  for (const option of picker().querySelectorAll("[data-template]")) {
    const isOther = category && option.dataset.category !== category;
    option.hidden = Boolean(isOther) || !option.dataset.name.includes(wanted);
  }
}

function filter() {
  if (!found().dataset.searchUrl) hideOthers();
  else if (!isAnswered()) timer ??= setTimeout(ask, SOON);
  for (const chip of categories()) chip.setAttribute("aria-pressed", chip.dataset.templateCategory === category);
  document.querySelector("[data-no-template]").hidden = shown().length > 0 || !(words || category);
  if (picker().querySelector("[data-walked]")?.hidden) mark(null);
}

function mark(option) {
  picker().querySelector("[data-walked]")?.removeAttribute("data-walked");
  for (const box of [picker(), search()]) {
    if (option) box.setAttribute("aria-activedescendant", option.id);
    else box.removeAttribute("aria-activedescendant");
  }
  if (!option) return;
  option.dataset.walked = "";
  option.scrollIntoView({ block: "nearest" });
}

const current = () =>
  picker().querySelector("[data-walked]:not([hidden])") ?? picker().querySelector('[aria-selected="true"]:not([hidden])');

// What Enter in the search takes: where the arrows went, else the first that can be sent.
function firstFound() {
  if (found().dataset.searchUrl && !isAnswered()) return null;
  const walked = picker().querySelector("[data-walked]:not([hidden])");
  const first = words.trim() && shown().find((one) => one.getAttribute("aria-disabled") !== "true");
  return walked ?? (first || null);
}

function walk(key) {
  const options = shown();
  const at = options.indexOf(current());
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, Home: 0, End: options.length - 1 }[key];
  mark(options[Math.min(options.length - 1, Math.max(0, next))] ?? null);
}

function choose(option) {
  if (!option || option.getAttribute("aria-disabled") === "true") return;
  document.dispatchEvent(new CustomEvent("picker:chosen", { detail: { template: option.dataset.template } }));
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-template-search]")) return;
  words = event.target.value;
  filter();
});

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-template-category]");
  if (chip) {
    const wanted = chip.dataset.templateCategory;
    category = category === wanted ? "" : wanted;
    filter();
    return;
  }
  choose(event.target.closest("[data-template]"));
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-templates]")) mark(current() ?? shown()[0] ?? null);
});

document.addEventListener("keydown", (event) => {
  const inSearch = event.target.matches?.("[data-template-search]");
  const inList = event.target.matches?.("[data-templates]");
  if ((!inSearch && !inList) || event.altKey || event.ctrlKey || event.metaKey) return;
  const walks = inList ? ["ArrowDown", "ArrowUp", "Home", "End"] : ["ArrowDown", "ArrowUp"];
  if (walks.includes(event.key)) {
    event.preventDefault();
    walk(event.key);
  } else if (event.key === "Enter" || (inList && event.key === " ")) {
    event.preventDefault();
    choose(inSearch ? firstFound() : current());
  } else if (inList && event.key.length === 1) {
    // Typing searches: the key lands in the field.
    search().focus();
  }
});

// The list was drawn again: what was searched for stays.
document.body.addEventListener("htmx:afterSettle", () => {
  if (!picker()) return;
  if (!categories().some((chip) => chip.dataset.templateCategory === category)) category = "";
  search().value = words;
  filter();
});
