// The open thread: messages that changed are fetched as the server draws them and put in place.

const list = document.querySelector("[data-thread]");
const scroller = list?.closest(".pane-scroll");
const chip = document.querySelector("[data-new-below]");
const READING_FROM = 120;
const wanted = new Set();
const below = new Set();
let fetching = false;

async function fragment(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  // A redirect leads to the sign-in page, which is no part of a thread.
  if (!response.ok || response.redirected) throw new Error(`${response.status} for ${url}`);
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

// The scroller is a reversed column: 0 is its end, and further up is negative.
const isReading = () => Boolean(scroller) && scroller.scrollTop < -READING_FROM;

function showBelow() {
  if (!chip) return;
  chip.hidden = !below.size;
  chip.querySelector("[data-new-count]").textContent = String(below.size);
}

function toEnd() {
  if (scroller) scroller.scrollTop = 0;
  below.clear();
  showBelow();
}

const withoutMeta = (item) => {
  const copy = item.cloneNode(true);
  copy.querySelector(".msg-meta")?.remove();
  return copy.innerHTML;
};

// Puts one message where it belongs; whether it is new here.
function place(item) {
  const known = list.querySelector(`[data-message="${item.dataset.message}"]`);
  if (known && withoutMeta(known) === withoutMeta(item)) {
    // Only the tick moved: the log stays quiet, and a selection or an open detail stays as it is.
    known.querySelector(".msg-meta")?.replaceChildren(...item.querySelector(".msg-meta").childNodes);
    return false;
  }
  if (known) {
    known.replaceWith(item);
    return false;
  }
  const later = [...list.querySelectorAll("[data-message]")].find(
    (one) =>
      Number(one.dataset.at) > Number(item.dataset.at) ||
      (one.dataset.at === item.dataset.at && Number(one.dataset.message) > Number(item.dataset.message)),
  );
  list.insertBefore(item, later?.previousElementSibling?.matches("[data-day]") && !sameDay(later, item)
    ? later.previousElementSibling
    : (later ?? null));
  return true;
}

const sameDay = (one, other) =>
  new Date(one.dataset.at * 1000).toDateString() === new Date(other.dataset.at * 1000).toDateString();

// What depends on the neighbours: the line with the day, the author's name, the word of the newest.
function settle() {
  const days = new Set();
  for (const day of list.querySelectorAll("[data-day]")) {
    const words = day.textContent.trim();
    if (days.has(words)) day.remove();
    days.add(words);
  }
  let before = null;
  for (const item of list.querySelectorAll("[data-message]")) {
    const newDay = item.previousElementSibling?.matches("[data-day]");
    item.classList.toggle("is-next", Boolean(before) && !newDay && before.dataset.from === item.dataset.from);
    before = item;
  }
  const words = [...list.querySelectorAll(".msg.is-out [data-status-word]")];
  words.forEach((word, index) => (word.hidden = index !== words.length - 1));
}

function take(body) {
  const known = new Set([...list.querySelectorAll("[data-day]")].map((day) => day.textContent.trim()));
  const reading = isReading();
  let day = null;
  for (const item of [...body.children]) {
    if (item.matches("[data-day]")) {
      day = known.has(item.textContent.trim()) ? null : item;
    } else if (item.matches("[data-message]")) {
      if (place(item)) {
        if (day) item.before(day);
        if (reading && item.dataset.from === "them") below.add(item.dataset.message);
      }
      day = null;
    }
  }
  settle();
  if (reading) showBelow();
  else toEnd();
}

async function refresh() {
  if (fetching || !wanted.size) return;
  fetching = true;
  const ids = [...wanted].slice(0, 200);
  ids.forEach((id) => wanted.delete(id));
  try {
    take(await fragment(`${list.dataset.messagesUrl}?ids=${ids.join(",")}`));
  } catch (error) {
    console.warn("thread not refreshed", error);
    ids.forEach((id) => wanted.add(id));
    setTimeout(refresh, 2000);
    return;
  } finally {
    fetching = false;
  }
  refresh();
}

function changed(id) {
  wanted.add(id);
  refresh();
}

async function refreshWindow() {
  const mark = document.querySelector("[data-window]");
  if (!mark) return;
  const fresh = (await fragment(mark.dataset.url)).querySelector("[data-window]");
  const opened = mark.dataset.open !== fresh.dataset.open;
  document.querySelector("[data-window]").replaceWith(fresh);
  document.dispatchEvent(
    new CustomEvent("thread:window", {
      detail: { opened, isOpen: fresh.dataset.open === "true", closesAt: fresh.dataset.closesAt, until: fresh.dataset.until },
    }),
  );
}

// Read is what somebody has in front of them: not a hidden tab, nor the pane that a phone hides.
function markRead() {
  const seen = document.visibilityState === "visible" && list.checkVisibility();
  if (!("mayRead" in list.dataset) || !seen) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  fetch(list.dataset.readUrl, { method: "POST", headers }).catch((error) => console.warn("not marked as read", error));
}

// Too much was missed: the newest page again. Where it does not reach what is here, it takes its place.
async function everything() {
  const body = await fragment(list.dataset.messagesUrl);
  const ids = [...body.querySelectorAll("[data-message]")].map((item) => item.dataset.message);
  if (ids.some((id) => list.querySelector(`[data-message="${id}"]`))) {
    take(body);
  } else {
    list.replaceChildren(...body.children);
    window.htmx.process(list);
    settle();
    toEnd();
  }
  await refreshWindow();
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
  window.addEventListener("hashchange", markRead);
  document.body.addEventListener("whatsapp:sent", (event) => {
    if (!mine(event)) return;
    toEnd();
    changed(event.detail.message);
  });
  // Earlier messages came in above: the reader stays where they are.
  list.addEventListener("htmx:afterSettle", () => {
    settle();
    (list.querySelector("[data-earlier] button") ?? scroller)?.focus({ preventScroll: true });
  });
  chip?.addEventListener("click", () => {
    toEnd();
    scroller.focus({ preventScroll: true });
  });
  scroller?.addEventListener("scroll", () => {
    if (below.size && !isReading()) toEnd();
  }, { passive: true });
  // The words "52 min left" once a minute; the end of the window when it comes, as the server sees it.
  const look = () => refreshWindow().catch((error) => console.warn("window not refreshed", error));
  setInterval(look, 60_000);
  setInterval(() => {
    const mark = document.querySelector("[data-window]");
    if (mark?.dataset.open === "true" && Date.parse(mark.dataset.closesAt) <= Date.now()) look();
  }, 3000);
  settle();
  markRead();
}
