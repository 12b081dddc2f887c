// "Log in with Facebook": opens Meta's window, listens to it, and shows how it ended.

const box = document.querySelector("[data-connect]");
const results = new BroadcastChannel("whatsapp-connect");
const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");

function say(kind) {
  for (const part of box.querySelectorAll("[data-connect-state]")) part.hidden = part.dataset.connectState !== kind;
}

function fail(words) {
  box.querySelector("[data-connect-problem]").textContent = words;
  say("failed");
}

function hint(state, message) {
  const body = new URLSearchParams({
    state,
    waba_id: message.data?.waba_id ?? "",
    current_step: message.data?.current_step ?? "",
  });
  fetch(box.dataset.hintUrl, { method: "POST", headers, body }).catch((error) => console.warn("hint not kept", error));
}

// Only Meta's own origin is listened to, and what it says stays a hint until the token proves it.
function listen(state) {
  const onMessage = (event) => {
    const meta = new URL(box.dataset.dialogOrigin);
    const from = new URL(event.origin);
    const ofFacebook = from.protocol === "https:" && /(^|\.)facebook\.com$/.test(from.hostname);
    if (from.origin !== meta.origin && !(ofFacebook && /(^|\.)facebook\.com$/.test(meta.hostname))) return;
    let message;
    try {
      message = JSON.parse(event.data);
    } catch {
      return;
    }
    if (message.type === "WA_EMBEDDED_SIGNUP") hint(state, message);
  };
  window.addEventListener("message", onMessage);
  return () => window.removeEventListener("message", onMessage);
}

// Opened before anything is awaited, or the browser takes it for an unasked pop-up.
let popup = null;

async function begin() {
  if (popup && !popup.closed) {
    popup.focus();
    return;
  }
  popup = window.open("about:blank", "whatsapp-login", "popup,width=680,height=760");
  if (!popup) {
    fail("Your browser blocked the login window. Allow pop-ups for this page and press the button again.");
    return;
  }
  say("busy");
  const response = await fetch(box.dataset.beginUrl, { method: "POST", headers });
  if (response.redirected || !response.headers.get("Content-Type")?.includes("json")) {
    throw new Error(`${response.status} for the beginning of a login`);
  }
  const answer = await response.json();
  if (!response.ok) {
    popup.close();
    fail(answer.problem);
    return;
  }
  popup.location.href = answer.url;
  follow(answer.attempt, listen(answer.state));
}

// Until the login window tells how it ended, or is closed.
function follow(attempt, stop) {
  let finished = false;
  const watch = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(watch);
    // The window tells its result just before it closes.
    setTimeout(() => {
      if (finished) return;
      stop();
      fail("The Facebook window was closed before the login was finished, so nothing was connected. Press the button to begin again.");
    }, 1500);
  }, 500);
  results.onmessage = (event) => {
    // Another tab may be at a login of its own.
    if (event.data.attempt !== attempt && !event.data.ok) return;
    finished = true;
    clearInterval(watch);
    stop();
    if (!event.data.ok) fail(event.data.problem);
  };
}

if (box) {
  // Also one that was begun before this page was loaded, or in another tab.
  results.addEventListener("message", (event) => {
    if (event.data.ok) location.reload();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-connect-begin]")) return;
    begin().catch((error) => {
      console.warn("login not begun", error);
      popup?.close();
      fail("The server did not answer as it should, so nothing was begun. Check your connection, reload the page and press the button again.");
    });
  });
}

// Numbers and templates were read, or the connection broke: the parts that show it are drawn again.
// The form between them stays as somebody may be filling it in.
async function redraw() {
  const response = await fetch(box.dataset.pageUrl);
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    // A live region speaks when its content changes, not when it is exchanged.
    if (!fresh) continue;
    if (part.querySelector(":popover-open")) {
      // Somebody chooses from a menu.
      setTimeout(() => redraw().catch(console.warn), 1000);
      continue;
    }
    const at = controls(part).indexOf(document.activeElement);
    part.replaceChildren(...fresh.childNodes);
    // Or its links lead to pages of their own instead of opening the dialog.
    window.htmx?.process(part);
    if (at >= 0) controls(part)[at]?.focus({ preventScroll: true });
  }
}
const controls = (part) => [...part.querySelectorAll("a, button, input, select")];
for (const kind of ["connection", "reset"]) document.addEventListener(`live:${kind}`, () => redraw().catch(console.warn));

/* ---- Recipients: allowed countries are chips, each with its hidden field ---- */

const form = document.querySelector("[data-recipients]");

const changed = () => (form.querySelector("[data-unsaved]").hidden = false);

// What people say instead of the name that stands in the list.
const ALSO = {
  usa: "US", america: "US", uk: "GB", "great britain": "GB", england: "GB", scotland: "GB", wales: "GB", uae: "AE", emirates: "AE",
  ksa: "SA", holland: "NL", "ivory coast": "CI", "czech republic": "CZ", czechia: "CZ", turkey: "TR", turkiye: "TR", burma: "MM",
  drc: "CD", "dr congo": "CD", "cape verde": "CV", swaziland: "SZ", macedonia: "MK", "east timor": "TL", "hong kong": "HK", macau: "MO",
  "south korea": "KR", "north korea": "KP", russia: "RU", vietnam: "VN", laos: "LA", brunei: "BN", vatican: "VA", palestine: "PS",
};
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

// By name or code, else by another name, else by how the name of one country alone begins.
function countryOf(typed, options) {
  const wanted = plain(typed);
  if (!wanted) return undefined;
  const same = options.find((one) => plain(one.value) === wanted || one.dataset.code.toLowerCase() === wanted);
  if (same) return same;
  const also = options.find((one) => one.dataset.code === ALSO[wanted]);
  if (also) return also;
  const begun = options.filter((one) => plain(one.value).startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

function addCountry() {
  const input = form.querySelector("[data-country-name]");
  const option = countryOf(input.value, [...input.list.options]);
  form.querySelector("[data-country-problem]").hidden = Boolean(option);
  input.setAttribute("aria-invalid", String(!option));
  input.focus();
  if (!option) return;
  input.value = "";
  const chips = form.querySelector("[data-countries]");
  if (chips.querySelector(`input[value="${option.dataset.code}"]`)) return;
  const chip = form.querySelector("template").content.cloneNode(true);
  chip.querySelector("[data-flag]").textContent = option.dataset.flag;
  chip.querySelector("[data-code]").textContent = option.dataset.code;
  chip.querySelector("[data-name]").textContent = option.value;
  chip.querySelector("input").value = option.dataset.code;
  chip.querySelector("button").setAttribute("aria-label", `Remove ${option.value}`);
  chips.append(chip);
  changed();
}

form?.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-country]")) addCountry();
  const remove = event.target.closest("[data-remove-country]");
  if (!remove) return;
  const chip = remove.closest("li");
  const next = chip.nextElementSibling ?? chip.previousElementSibling;
  chip.remove();
  (next?.querySelector("button") ?? form.querySelector("[data-country-name]")).focus();
  changed();
});
form?.addEventListener("change", (event) => {
  if (event.target.matches("select")) changed();
});
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-country-name]")) return;
  event.preventDefault();
  if (event.target.value.trim()) addCountry();
});
form?.addEventListener("submit", (event) => {
  // A name that is typed but not added yet belongs to what is saved.
  if (!form.querySelector("[data-country-name]").value.trim()) return;
  addCountry();
  if (!form.querySelector("[data-country-problem]").hidden) event.preventDefault();
});
