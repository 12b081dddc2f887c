// Writing in the template editor: fields and marks that can be undone, and menus by the arrow keys.

let lastText = "t-body";
const header = () => document.getElementById("t-head");
const text = () => document.getElementById(lastText) ?? document.getElementById("t-body");

/* What is written like typing can be undone like typing, where the browser knows how. */
function write(box, words) {
  box.focus();
  if (document.execCommand?.(words ? "insertText" : "delete", false, words)) return;
  box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(button) {
  button.closest("[popover]").hidePopover();
  write(text(), `{{${button.dataset.insert}}}`);
}

/* ---- WhatsApp's formatting: signs right beside the words, of each line by itself ---- */

const SIGNS = ["*", "_", "~", "```"];
// A field's name has underscores of its own.
const isMarked = (words, sign) => words.length > 2 * sign.length && words.startsWith(sign) && words.endsWith(sign) && !words.slice(sign.length, -sign.length).replace(/{{.*?}}/g, "").includes(sign);

/* The words without a sign that is around them, or inside others that are; null without it. */
function unmarked(words, sign) {
  for (const one of SIGNS) {
    if (!isMarked(words, one)) continue;
    const inner = words.slice(one.length, -one.length);
    const rest = one === sign ? inner : unmarked(inner, sign);
    if (rest !== null) return one === sign ? rest : `${one}${rest}${one}`;
  }
  return null;
}

/* A selected word together with the signs that stand around it. */
function withSigns({ value, selectionStart, selectionEnd }) {
  let [start, end] = [selectionStart, selectionEnd];
  const around = (sign) => value.slice(start - sign.length, start) === sign && value.slice(end, end + sign.length) === sign;
  for (let sign = SIGNS.find(around); sign && start >= sign.length; sign = SIGNS.find(around)) {
    start -= sign.length;
    end += sign.length;
  }
  return [start, end];
}

function mark(sign) {
  const box = document.getElementById("t-body");
  const [start, end] = withSigns(box);
  const lines = box.value.slice(start, end).split("\n").map((line) => line.match(/^(\s*)(.*?)(\s*)$/s).slice(1));
  const isEmpty = box.selectionStart === box.selectionEnd;
  const bare = ([, words]) => unmarked(words, sign);
  // With all of them marked, the signs go.
  const goes = !isEmpty && lines.every((line) => !line[1] || bare(line) !== null) && lines.some(([, words]) => words);
  const put = ([before, words, after]) => {
    if (!words) return before + after;
    const other = goes ? unmarked(words, sign) : unmarked(words, sign) === null ? `${sign}${words}${sign}` : words;
    return before + other + after;
  };
  if (isEmpty) {
    const at = box.selectionStart;
    if (box.value.slice(at - sign.length, at + sign.length) === sign + sign) {
      box.setSelectionRange(at - sign.length, at + sign.length);
      return write(box, "");
    }
    write(box, sign + sign);
    return box.setSelectionRange(at + sign.length, at + sign.length);
  }
  const marked = lines.map(put).join("\n");
  box.setSelectionRange(start, end);
  write(box, marked);
  box.setSelectionRange(start, start + marked.length);
}

const KEYS = { b: "*", i: "_" };
document.addEventListener("keydown", (event) => {
  const sign = KEYS[event.key.toLowerCase()];
  if (!sign || event.target.id !== "t-body" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  mark(sign);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.insert) insert(button);
  else if (button?.dataset.mark && button.getAttribute("aria-disabled") !== "true") mark(button.dataset.mark);
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
  const bar = document.querySelector(".editor-bar")?.getBoundingClientRect();
  // The bar at the lower end of a small window stays in sight.
  const floor = bar?.height ? bar.top : innerHeight;
  const below = button.bottom + box.height + 8 <= floor || button.top < box.height + 8;
  // Along the edge of the button that is nearer to the side of the window.
  const left = button.left + button.right < innerWidth ? button.left : button.right - box.width;
  const place = document.documentElement.style;
  place.setProperty("--menu-x", `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`);
  place.setProperty("--menu-y", `${below ? Math.max(8, Math.min(button.bottom + 4, floor - box.height - 8)) : button.top - box.height - 4}px`);
  (search ?? choices(menu)[0] ?? menu.querySelector("select"))?.focus({ preventScroll: true });
}, true);

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-menu-search]")) find(event.target.closest("[data-choices]"), event.target.value);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-choices]");
  if (!menu || event.target.matches("select")) return;
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
