// The list of templates: a listbox that the search field above it walks too.

const picker = () => document.querySelector("[data-templates]");
const search = () => document.querySelector("[data-template-search]");
const shown = () => [...picker().querySelectorAll("[data-template]:not([hidden])")];
const categories = () => [...document.querySelectorAll("[data-template-category]")];
let words = "";
let category = "";

function filter() {
  const wanted = words.trim().toLowerCase();
  for (const option of picker().querySelectorAll("[data-template]")) {
    const isOther = category && option.dataset.category !== category;
    option.hidden = Boolean(isOther) || !option.dataset.name.includes(wanted);
  }
  for (const chip of categories()) chip.setAttribute("aria-pressed", chip.dataset.templateCategory === category);
  document.querySelector("[data-no-template]").hidden = shown().length > 0 || !picker().children.length;
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
    choose(current() ?? (shown().length === 1 ? shown()[0] : null));
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
