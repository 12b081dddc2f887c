// The phone page: write, tap, switch, and mark what is seen as read.

import { post, refresh, tell, whenChanged } from "./page.js";

const page = document.querySelector("[data-phones]");
const scroll = document.querySelector("[data-scroll]");
const write = document.querySelector("[data-write]");
const seen = document.querySelector("[data-seen]");
const problem = write?.parentElement.querySelector("[data-problem]");

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
const toEnd = () => {
  scroll.scrollTop = scroll.scrollHeight;
};

async function markSeen() {
  if (!seen || document.visibilityState !== "visible") return;
  if (scroll.querySelector('[data-status="delivered"]')) await post(seen);
}

function follow(fresh) {
  for (const name of ["[data-text]", "[data-send]", "[data-say]"]) {
    const next = fresh.querySelector(name);
    const old = document.querySelector(name);
    if (next && old) old.disabled = next.disabled;
  }
  const boxes = [...document.querySelectorAll("[data-switches] input")];
  for (const box of boxes) {
    const next = fresh.querySelector(`[data-switches] input[name="${box.name}"]`);
    if (next) box.checked = next.defaultChecked;
  }
}

const update = whenChanged(async () => {
  const end = scroll && atEnd();
  const fresh = await refresh();
  if (!fresh || !scroll) return;
  if (fresh.querySelector("[data-phones]")?.dataset.sender !== page.dataset.sender) {
    location.reload();
    return;
  }
  follow(fresh);
  if (end) toEnd();
  await markSeen();
});

if (scroll) {
  toEnd();
  markSeen();
  document.addEventListener("visibilitychange", markSeen);
}

write?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = write.querySelector("[data-text]");
  const said = await post(write);
  tell(problem, said.error);
  if (!said.error) field.value = "";
  await update();
  if (!said.error) toEnd();
  field.focus();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-tap]")) {
    event.preventDefault();
    tell(problem, (await post(form)).error);
    document.activeElement?.blur();
    await update();
    toEnd();
  }
});

document.querySelector("[data-say]")?.addEventListener("click", async (event) => {
  tell(problem, (await post(write, { text: event.currentTarget.dataset.say })).error);
  await update();
  toEnd();
});

for (const form of document.querySelectorAll("[data-switches]")) {
  form.addEventListener("change", async () => {
    tell(problem, (await post(form)).error);
    await update();
  });
}

for (const select of document.querySelectorAll("[data-go]")) {
  select.addEventListener("change", () => location.assign(select.value));
}

const dialog = document.querySelector('[data-dialog="another"]');
for (const button of document.querySelectorAll('[data-open="another"]')) {
  button.addEventListener("click", () => dialog.showModal());
}
dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close());
dialog?.querySelector("[data-another]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = await post(event.target);
  tell(event.target.querySelector("[data-problem]"), said.error);
  if (said.go) location.assign(said.go);
});
