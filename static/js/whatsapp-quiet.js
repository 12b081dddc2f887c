// Quiet time: rows are added and removed in place; without this script the server does it.

const form = document.querySelector("[data-quiet]");

const changed = () => (form.querySelector("[data-quiet-unsaved]").hidden = false);

function add() {
  const total = form.querySelector("[data-quiet-total]");
  const row = form.querySelector("[data-quiet-blank]").content.cloneNode(true).firstElementChild;
  for (const part of row.querySelectorAll("[name], [value]")) {
    for (const name of ["name", "value"]) {
      const value = part.getAttribute(name);
      if (value?.includes("__prefix__")) part.setAttribute(name, value.replace("__prefix__", total.value));
    }
  }
  total.value = Number(total.value) + 1;
  form.querySelector("[data-quiet-rows]").append(row);
  row.querySelector("input").focus();
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("[data-quiet-remove]") ?? form.querySelector("[data-quiet-add]")).focus();
}

// "8" and "8:00" are the same time.
function minutes(text) {
  const found = /^(\d{1,2})(?:[:.]?(\d{2}))?$/.exec(text.trim());
  return found ? Number(found[1]) * 60 + Number(found[2] ?? 0) : null;
}

function tellNextDay(row) {
  const start = minutes(row.querySelector("[data-quiet-start]").value);
  const end = minutes(row.querySelector("[data-quiet-end]").value);
  row.querySelector("[data-quiet-next-day]").hidden = start === null || end === null || end > start;
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-quiet-add], [data-quiet-remove]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-quiet-add]")) add();
  else remove(button.closest("[data-quiet-row]"));
  changed();
});
form?.addEventListener("input", (event) => {
  const row = event.target.closest("[data-quiet-row]");
  if (row) tellNextDay(row);
  changed();
});
