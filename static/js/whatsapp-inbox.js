// The list of conversations and the count in the navigation, kept as they are on the server.

const list = document.querySelector("[data-list]");
let timer;
let running = false;

function showCount(waiting) {
  const entry = document.querySelector('[data-nav="whatsapp_inbox"]');
  if (!entry) return;
  let count = entry.querySelector(".count");
  if (!waiting) {
    count?.remove();
    return;
  }
  if (!count) {
    count = document.createElement("span");
    count.className = "count";
    entry.append(count);
  }
  const words = document.createElement("span");
  words.className = "u-sr";
  words.textContent = " waiting for an answer";
  count.replaceChildren(String(waiting), words);
}

async function refresh() {
  if (running) {
    soon();
    return;
  }
  running = true;
  try {
    const open = document.querySelector("[data-thread]")?.dataset.conversation ?? "";
    const url = new URL(list.dataset.url, location.href);
    url.searchParams.set("open", open);
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = document.activeElement?.dataset?.conversationRow;
    const top = list.querySelector("[data-list-scroll]")?.scrollTop ?? 0;
    list.replaceChildren(...page.body.children);
    window.htmx?.process(list);
    const scroller = list.querySelector("[data-list-scroll]");
    if (scroller) scroller.scrollTop = top;
    if (focused) list.querySelector(`[data-conversation-row="${focused}"]`)?.focus();
    showCount(Number(list.querySelector("[data-rows]")?.dataset.waiting ?? 0));
  } finally {
    running = false;
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(console.warn), 150);
}

function move(step) {
  const rows = [...list.querySelectorAll("[data-conversation-row]")];
  const at = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.click();
}

if (list) {
  for (const kind of ["message", "conversation", "reset"]) document.addEventListener(`live:${kind}`, soon);
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.code === "KeyJ" || event.code === "KeyK") {
      event.preventDefault();
      move(event.code === "KeyJ" ? 1 : -1);
    }
    if (event.code === "KeyL") {
      event.preventDefault();
      document.querySelector("[data-composer] textarea, [data-composer] input[type=search]")?.focus();
    }
  });
  // A phone shows one pane at a time, by #thread.
  if (document.querySelector("[data-thread]") && !location.hash && matchMedia("(max-width: 699px)").matches) {
    location.replace("#thread");
  }
}
