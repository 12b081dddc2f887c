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
  fetch(box.dataset.hintUrl, { method: "POST", headers, body });
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

async function begin() {
  // Opened before anything is awaited, or the browser takes it for an unasked pop-up.
  const popup = window.open("about:blank", "whatsapp-login", "popup,width=680,height=760");
  if (!popup) {
    fail("Your browser blocked the login window. Allow pop-ups for this page and press the button again.");
    return;
  }
  say("busy");
  const response = await fetch(box.dataset.beginUrl, { method: "POST", headers });
  const answer = await response.json();
  if (!response.ok) {
    popup.close();
    fail(answer.problem);
    return;
  }
  const stop = listen(answer.state);
  popup.location.href = answer.url;
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
  let finished = false;
  results.onmessage = (event) => {
    finished = true;
    clearInterval(watch);
    stop();
    if (event.data.ok) location.reload();
    else fail(event.data.problem);
  };
}

if (box) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-connect-begin]")) return;
    begin().catch(() => fail("The server did not answer. Check your connection and press the button again."));
  });
}

// Numbers and templates were read, or the connection broke: the page shows it.
document.addEventListener("live:connection", () => {
  const part = document.querySelector("[data-read-from-meta]");
  if (part) window.htmx.ajax("GET", part.dataset.url, { target: part, swap: "outerHTML" });
});

// Allowed countries: a chip for each, with its hidden field.
document.addEventListener("click", (event) => {
  event.target.closest("[data-remove-country]")?.closest("li").remove();
  const add = event.target.closest("[data-add-country]");
  if (!add) return;
  const input = add.closest("form").querySelector("[data-country-name]");
  const option = [...input.list.options].find((one) => one.value.toLowerCase() === input.value.trim().toLowerCase());
  const problem = add.closest("form").querySelector("[data-country-problem]");
  problem.hidden = Boolean(option);
  if (!option) return;
  const chips = add.closest("form").querySelector("[data-countries]");
  if (!chips.querySelector(`input[value="${option.dataset.code}"]`)) {
    const chip = add.closest("form").querySelector("template").content.cloneNode(true);
    chip.querySelector("[data-code]").textContent = option.dataset.code;
    chip.querySelector("[data-name]").textContent = option.value;
    chip.querySelector("input").value = option.dataset.code;
    chip.querySelector("button").setAttribute("aria-label", `Remove ${option.value}`);
    chips.append(chip);
  }
  input.value = "";
  input.focus();
});
