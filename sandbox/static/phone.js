// The phone page: write, attach, react, edit, tap, switch, and mark what is seen as read.

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
  for (const name of ["[data-text]", "[data-send]", "[data-say]", "[data-attach]"]) {
    const next = fresh.querySelector(name);
    for (const old of document.querySelectorAll(name)) if (next) old.disabled = next.disabled;
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
  let underWay = 0;
  const save = async () => {
    underWay += 1;
    const said = await post(form);
    underWay -= 1;
    tell(problem, said.error);
    await update();
  };
  form.addEventListener("change", save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Enter in a changed field is a change first, which is then being saved already.
    if (!underWay) save();
  });
}

for (const select of document.querySelectorAll("[data-go]")) {
  select.addEventListener("change", () => location.assign(select.value));
}

const dialogs = (name) => document.querySelector(`[data-dialog="${name}"]`);

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => dialogs(button.dataset.open)?.showModal());
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// One dialog serves every message: it learns which one it is about when it opens.
document.addEventListener("click", (event) => {
  const more = event.target.closest("[data-more]");
  if (!more) return;
  const about = dialogs("message");
  for (const field of about.querySelectorAll("[data-about]")) field.value = more.dataset.more;
  const change = about.querySelector("[data-edit]");
  change.hidden = more.dataset.text === undefined;
  change.elements.text.value = more.dataset.text ?? "";
  about.querySelector("[data-revoke]").hidden = more.dataset.own === undefined;
  tell(about.querySelector("[data-problem]"), "");
  about.showModal();
});

// The bubble may have been drawn anew meanwhile, so the browser alone would lose the focus.
dialogs("message")?.addEventListener("close", (event) => {
  const about = event.target.querySelector("[data-about]").value;
  document.querySelector(`[data-more="${CSS.escape(about)}"]`)?.focus();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-act]")) return;
  event.preventDefault();
  const by = event.submitter;
  const inside = form.closest("dialog");
  const said = await post(form, by?.name ? { [by.name]: by.value } : {});
  tell(inside?.querySelector("[data-problem]") ?? problem, said.error);
  if (said.go) location.assign(said.go);
  if (said.error || said.go) return;
  const end = atEnd() || form.action.endsWith("/attach");
  if (inside) {
    inside.close();
    form.reset();
  }
  await update();
  if (end) toEnd();
});

// A voice note of the company's counts as played when it is first heard.
document.addEventListener(
  "play",
  (event) => {
    const wamid = event.target.dataset?.played;
    if (wamid) post(document.querySelector("[data-play]"), { wamid });
  },
  true,
);

dialogs("another")?.querySelector("[data-another]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = await post(event.target);
  tell(event.target.querySelector("[data-problem]"), said.error);
  if (said.go) location.assign(said.go);
});
