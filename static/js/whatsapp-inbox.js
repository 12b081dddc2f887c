// The list of conversations and the count in the navigation, kept as they are on the server.

const list = document.querySelector("[data-list]");
const FROM_LIST = "inbox-from-list";
const isPhone = matchMedia("(max-width: 699px)");
let timer;
let running = false;

const rowOf = (id) => list.querySelector(`[data-conversation-row="${CSS.escape(id)}"]`);
const currentRow = () => list.querySelector('[data-conversation-row][aria-current="true"]');

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

// Rows of following pages that were opened stay below the fresh first page.
function keepOlder(fresh) {
  const rows = list.querySelector("[data-row-list]");
  const freshRows = fresh.querySelector("[data-row-list]");
  const more = freshRows?.querySelector("[data-more]");
  if (!more || !rows || !("extended" in rows.dataset)) return;
  const known = new Set([...freshRows.querySelectorAll("[data-conversation-row]")].map((row) => row.dataset.conversationRow));
  const older = [...rows.children].filter((item) => {
    const row = item.querySelector("[data-conversation-row]");
    return row ? !known.has(row.dataset.conversationRow) : true;
  });
  more.remove();
  freshRows.append(...older);
  freshRows.dataset.extended = "";
}

async function refresh() {
  if (running) {
    soon();
    return;
  }
  running = true;
  try {
    const url = new URL(list.dataset.url, location.href);
    url.searchParams.set("open", document.querySelector("[data-thread]")?.dataset.conversation ?? "");
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    const top = list.querySelector("[data-list-scroll]")?.scrollTop ?? 0;
    keepOlder(page.body);
    list.replaceChildren(...page.body.children);
    window.htmx.process(list);
    const scroller = list.querySelector("[data-list-scroll]");
    if (scroller) scroller.scrollTop = top;
    const again = focused?.dataset.conversationRow
      ? rowOf(focused.dataset.conversationRow)
      : focused?.hasAttribute("href") && list.querySelector(`[href="${CSS.escape(focused.getAttribute("href"))}"]`);
    if (again) again.focus({ preventScroll: true });
    showCount(Number(list.querySelector("[data-rows]")?.dataset.waiting ?? 0));
  } finally {
    running = false;
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(console.warn), 150);
}

function toComposer() {
  if (isPhone.matches) location.hash = "#thread";
  else document.querySelector("[data-composer] :is([data-draft], [data-template-search], a)")?.focus();
}

function move(step) {
  const rows = [...list.querySelectorAll("[data-conversation-row]")];
  const at = rows.indexOf(currentRow());
  const next = rows[at < 0 ? 0 : at + step];
  if (next) next.click();
}

function keysAreOff() {
  try {
    return localStorage.getItem("keys-off") === "true";
  } catch {
    return false; // storage refused: the keys stay on
  }
}

if (list) {
  for (const kind of ["message", "conversation", "reset"]) document.addEventListener(`live:${kind}`, soon);
  // Windows run out without an event: the rings follow when the open one does, and now and then.
  document.addEventListener("thread:window", (event) => {
    if (event.detail.opened) soon();
  });
  setInterval(soon, 300_000);

  // Choosing keeps the focus in the list; choosing the open one again goes on to the composer.
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-conversation-row]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (row === currentRow()) {
      event.preventDefault();
      toComposer();
    } else if (!isPhone.matches) {
      // Without #thread, which is for phones and would take the focus out of the list.
      event.preventDefault();
      sessionStorage.setItem(FROM_LIST, "1");
      location.assign(row.href.split("#")[0]);
    }
  });
  list.addEventListener("htmx:afterSettle", () => {
    const rows = list.querySelector("[data-row-list]");
    if (rows) rows.dataset.extended = "";
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.("[data-composer]") && !event.defaultPrevented) {
      // In a search field the first Escape empties it.
      if (event.target.type === "search" && event.target.value) return;
      if (isPhone.matches) location.hash = "#list";
      else currentRow()?.focus();
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || keysAreOff()) return;
    if (event.code === "KeyJ" || event.code === "KeyK") {
      event.preventDefault();
      move(event.code === "KeyJ" ? 1 : -1);
    }
  });

  const choice = document.querySelector("[data-keys-off]");
  if (choice) {
    choice.checked = !keysAreOff();
    choice.addEventListener("change", () => localStorage.setItem("keys-off", String(!choice.checked)));
  }

  // Back from the thread on a phone: to the row one left.
  window.addEventListener("hashchange", () => {
    if (location.hash === "#list") currentRow()?.focus();
  });

  if (sessionStorage.getItem(FROM_LIST)) {
    sessionStorage.removeItem(FROM_LIST);
    currentRow()?.focus();
  }
  currentRow()?.scrollIntoView({ block: "nearest" });
  // A phone shows one pane at a time, by #thread.
  if (document.querySelector("[data-thread]") && !location.hash && isPhone.matches) location.replace("#thread");
}
