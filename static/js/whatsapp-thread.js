// The open thread: messages that changed are fetched as the server draws them and put in place.

const list = document.querySelector("[data-thread]");
const scroller = list?.closest(".pane-scroll");
const wanted = new Set();
let fetching = false;

async function fragment(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.body;
}

function place(item) {
  const known = list.querySelector(`[data-message="${item.dataset.message}"]`);
  if (known) {
    known.replaceWith(item);
    return;
  }
  const later = [...list.querySelectorAll("[data-message]")].find(
    (one) =>
      Number(one.dataset.at) > Number(item.dataset.at) ||
      (one.dataset.at === item.dataset.at && Number(one.dataset.message) > Number(item.dataset.message)),
  );
  list.insertBefore(item, later ?? null);
}

// What depends on the neighbours: the line with the day, the author's name, the word of the newest.
function settle() {
  let before = null;
  for (const item of list.querySelectorAll("[data-message]")) {
    const newDay = item.previousElementSibling?.matches("[data-day]");
    item.classList.toggle("is-next", Boolean(before) && !newDay && before.dataset.from === item.dataset.from);
    before = item;
  }
  const words = [...list.querySelectorAll(".msg.is-out [data-status-word]")];
  words.forEach((word, index) => (word.hidden = index !== words.length - 1));
}

function readDays(items) {
  const days = new Set([...list.querySelectorAll("[data-day]")].map((day) => day.textContent.trim()));
  for (const item of items) {
    if (item.matches("[data-day]") && days.has(item.textContent.trim())) item.remove();
  }
}

async function refresh() {
  if (fetching || !wanted.size) return;
  fetching = true;
  const ids = [...wanted].slice(0, 200);
  ids.forEach((id) => wanted.delete(id));
  try {
    const body = await fragment(`${list.dataset.messagesUrl}?ids=${ids.join(",")}`);
    const reading = scroller && Math.abs(scroller.scrollTop) > 120;
    readDays([...body.children]);
    let day = null;
    for (const item of [...body.children]) {
      if (item.matches("[data-day]")) {
        day = item;
      } else if (item.matches("[data-message]")) {
        place(item);
        if (day) item.before(day);
        day = null;
      }
    }
    settle();
    if (!reading && scroller) scroller.scrollTop = 0;
  } catch (error) {
    console.warn("thread not refreshed", error);
    ids.forEach((id) => wanted.add(id));
    setTimeout(refresh, 2000);
    fetching = false;
    return;
  }
  fetching = false;
  refresh();
}

export function changed(id) {
  wanted.add(id);
  refresh();
}

async function refreshWindow() {
  const mark = document.querySelector("[data-window]");
  if (!mark) return;
  const body = await fragment(mark.dataset.url);
  const fresh = body.querySelector("[data-window]");
  const opened = mark.dataset.open !== fresh.dataset.open;
  mark.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("thread:window", { detail: { opened } }));
}

function markRead() {
  if (!("mayRead" in list.dataset) || document.visibilityState !== "visible") return;
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  fetch(list.dataset.readUrl, { method: "POST", headers: token });
}

async function everything() {
  const body = await fragment(list.dataset.messagesUrl);
  list.replaceChildren(...body.children);
  if (window.htmx) window.htmx.process(list);
  settle();
  refreshWindow();
}

if (list) {
  const mine = (event) => String(event.detail.conversation) === list.dataset.conversation;
  document.addEventListener("live:message", (event) => {
    if (!mine(event)) return;
    changed(event.detail.message);
    refreshWindow().catch((error) => console.warn("window not refreshed", error));
    markRead();
  });
  document.addEventListener("live:reset", () => everything().catch(console.warn));
  document.addEventListener("visibilitychange", markRead);
  document.body.addEventListener("whatsapp:sent", (event) => {
    if (mine(event)) changed(event.detail.message);
  });
  setInterval(() => refreshWindow().catch(() => {}), 60_000);
  settle();
  markRead();
}
