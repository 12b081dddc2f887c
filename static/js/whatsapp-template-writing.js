// Writing in the template editor: fields and marks that can be undone, and menus by the arrow keys.

let lastText = "t-body";
const header = () => document.getElementById("t-head");
const text = () => document.getElementById(lastText) ?? document.getElementById("t-body");

/* What is written like typing can be undone like typing, where the browser knows how. */
function write(box, words) {
  box.focus();
  if (document.execCommand?.("insertText", false, words)) return;
  box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(button) {
  button.closest("[popover]").hidePopover();
  write(text(), `{{${button.dataset.insert}}}`);
}

function mark(button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const box = document.getElementById("t-body");
  const { selectionStart: start, selectionEnd: end } = box;
  const sign = button.dataset.mark;
  write(box, `${sign}${box.value.slice(start, end)}${sign}`);
  box.setSelectionRange(start + sign.length, end + sign.length);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.insert) insert(button);
  else if (button?.dataset.mark) mark(button);
});

/* A header takes no formatting: while somebody writes there, the buttons say so. */
document.addEventListener("focusin", (event) => {
  if (!["t-body", "t-head"].includes(event.target.id)) return;
  lastText = event.target.id;
  const inHeader = event.target === header();
  for (const button of document.querySelectorAll("[data-mark]")) {
    if (inHeader) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
  const why = document.getElementById("t-no-marks");
  if (why) why.hidden = !inHeader;
});

/* ---- Menus: below their button, searched by typing, walked by the arrow keys ---- */

const choices = (menu) => [...menu.querySelectorAll("[data-choice]")].filter((one) => !one.hidden && !one.disabled);

function find(menu, words) {
  const wanted = words.trim().toLocaleLowerCase();
  for (const one of menu.querySelectorAll("[data-choice]")) {
    one.hidden = !`${one.textContent} ${one.dataset.insert ?? ""}`.toLocaleLowerCase().includes(wanted);
  }
  for (const group of menu.querySelectorAll("[role=group]")) {
    group.hidden = !group.querySelector("[data-choice]:not([hidden])");
  }
  const none = menu.querySelector("[data-menu-none]");
  if (none) none.hidden = choices(menu).length > 0;
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("[data-choices]") || event.newState !== "open") return;
  const search = menu.querySelector("[data-menu-search]");
  if (search) search.value = "";
  find(menu, "");
  const into = menu.querySelector("[data-menu-into]");
  if (into) into.textContent = text() === header() ? "Into the header" : "Into the text";
  const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  menu.classList.add("is-placed");
  const box = menu.getBoundingClientRect();
  const below = button.bottom + box.height + 8 <= innerHeight || button.top < box.height + 8;
  const left = document.dir === "rtl" ? button.left : button.right - box.width;
  const place = document.documentElement.style;
  place.setProperty("--menu-x", `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`);
  place.setProperty("--menu-y", `${below ? Math.min(button.bottom + 4, innerHeight - box.height - 8) : button.top - box.height - 4}px`);
  (search ?? choices(menu)[0])?.focus({ preventScroll: true });
}, true);

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-menu-search]")) find(event.target.closest("[data-choices]"), event.target.value);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-choices]");
  if (!menu) return;
  const search = menu.querySelector("[data-menu-search]");
  const list = choices(menu);
  const at = list.indexOf(event.target);
  if (event.target === search && event.key === "Enter") {
    event.preventDefault();
    list[0]?.click();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    list[(at + 1) % list.length]?.focus();
  } else if (event.key === "ArrowUp") {
    event.preventDefault();
    if (at === 0 && search) search.focus();
    else list.at(at < 0 ? -1 : at - 1)?.focus();
  } else if (["Home", "End"].includes(event.key) && at >= 0) {
    event.preventDefault();
    list.at(event.key === "Home" ? 0 : -1)?.focus();
  } else if (search && at >= 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
    search.focus();
  }
});
