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

const entries = () => [...list.querySelectorAll("[data-message], [data-change]")];
const isAfter = (one, item) =>
  Number(one.dataset.at) > Number(item.dataset.at) ||
  (one.dataset.at === item.dataset.at && Number(one.dataset.message) > Number(item.dataset.message));

// Whether it belongs to a page further up, which nobody has opened.
function isEarlier(item) {
  const first = list.querySelector("[data-message]");
  return Boolean(list.querySelector("[data-earlier]") && first && isAfter(first, item));
}

// A message that changed takes the place of what it was; who stood in it stays there.
function exchange(known, item) {
  const hadFocus = known.contains(document.activeElement);
  known.replaceWith(item);
  window.htmx.process(item);
  if (hadFocus) (item.querySelector("a[href], button, summary, input, audio, video") ?? scroller)?.focus({ preventScroll: true });
}

// Puts one message where it belongs; whether it is new here.
function place(item) {
  const known = list.querySelector(`[data-message="${CSS.escape(item.dataset.message)}"]`);
  if (known && known.dataset.version === item.dataset.version) {
    // Only the tick moved: the log stays quiet, a selection or an open detail stays as it is, and
    // what is being played goes on.
    known.querySelector(".msg-meta")?.replaceChildren(...item.querySelector(".msg-meta").childNodes);
    return false;
  }
  if (known && known.dataset.at === item.dataset.at) {
    exchange(known, item);
    return false;
  }
  known?.remove();
  if (!known && isEarlier(item)) return false;
  insert(item);
  return !known;
}

function insert(item) {
  const later = entries().find((one) => isAfter(one, item));
  list.insertBefore(item, later?.previousElementSibling?.matches("[data-day]") && !sameDay(later, item)
    ? later.previousElementSibling
    : (later ?? null));
  window.htmx.process(item);
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
  for (const item of entries()) {
    const newDay = item.previousElementSibling?.matches("[data-day]");
    const follows = before?.dataset.from === item.dataset.from && item.dataset.from !== "line";
    item.classList.toggle("is-next", follows && !newDay);
    before = item;
  }
  const words = [...list.querySelectorAll(".msg.is-out [data-status-word]")];
  words.forEach((word, index) => (word.hidden = index !== words.length - 1));
}

// What one reads stays under one's eyes, also where something below it grows or goes.
function holdingStill(change) {
  const top = scroller?.getBoundingClientRect().top;
  const mark = isReading() && entries().find((item) => item.getBoundingClientRect().bottom > top);
  const was = mark && mark.getBoundingClientRect().top;
  change();
  const now = mark?.isConnected && mark.getBoundingClientRect().top;
  if (mark?.isConnected && now !== was) scroller.scrollTop += now - was;
}

function take(body) {
  const reading = isReading();
  holdingStill(() => put(body, reading));
  if (reading) showBelow();
  else toEnd();
}

function put(body, reading) {
  const known = new Set([...list.querySelectorAll("[data-day]")].map((day) => day.textContent.trim()));
  let day = null;
  for (const item of [...body.children]) {
    if (item.matches("[data-day]")) {
      day = known.has(item.textContent.trim()) ? null : item;
    } else if (item.matches("[data-message]")) {
      if (place(item)) {
        if (day) item.before(day);
        if (reading && "theirs" in item.dataset) below.add(item.dataset.message);
      }
      day = null;
    }
  }
  settle();
}

// Changes to messages that are not here are lines; they come alone, and go when the message comes.
async function refreshLines() {
  const oldest = list.querySelector("[data-earlier]") ? list.querySelector("[data-message]")?.dataset.message : "";
  const body = await fragment(`${list.dataset.messagesUrl}?changes=${oldest ?? ""}`);
  const fresh = new Map([...body.querySelectorAll("[data-change]")].map((line) => [line.dataset.change, line]));
  const known = new Set();
  const reading = isReading();
  holdingStill(() => {
    for (const line of list.querySelectorAll("[data-change]")) {
      known.add(line.dataset.change);
      if (!fresh.has(line.dataset.change)) line.remove();
    }
    for (const [id, line] of fresh) if (!known.has(id)) insertWithDay(line);
    settle();
  });
  if (!reading) toEnd();
}

function insertWithDay(line) {
  const day = line.previousElementSibling?.matches("[data-day]") ? line.previousElementSibling : null;
  const words = day?.textContent.trim();
  const isKnown = [...list.querySelectorAll("[data-day]")].some((one) => one.textContent.trim() === words);
  insert(line);
  if (day && !isKnown) line.before(day);
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
    if (list.querySelector("[data-change]")) refreshLines().catch(console.warn);
    refreshWindow().catch((error) => console.warn("window not refreshed", error));
    markRead();
  });
  document.addEventListener("live:conversation", (event) => {
    if (mine(event)) refreshLines().catch((error) => console.warn("lines not refreshed", error));
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
