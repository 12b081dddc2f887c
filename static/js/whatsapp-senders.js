// The dialog in which senders are added and changed: opens with its first pane, reads what is typed,
// and counts down until another code may be asked for.

const dialog = document.querySelector("[data-sender-dialog]");
let opener = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("a[hx-target='#sender-dialog']")) opener = event.target.getAttribute("href");
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  countDown();
  const first = dialog.querySelector("[aria-invalid='true'], [autofocus], .dlg-body .input, .dlg-body input:not([type='hidden']), .dlg-foot .btn.is-main");
  // Where nothing is to be filled in, the title is read first.
  (first ?? dialog.querySelector("#sender-title"))?.focus();
});

// The list may have been drawn anew meanwhile, and with it what opened the dialog.
dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  const back = opener && document.querySelector(`#senders a[href="${opener}"]`);
  (back ?? document.querySelector("#senders a.btn"))?.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target === dialog) location.reload();
});

/* ---- Sending again, after a wait ---- */

let ticking;

function countDown() {
  clearInterval(ticking);
  const buttons = [...document.querySelectorAll("[data-wait]")].filter((button) => Number(button.dataset.wait) > 0);
  if (!buttons.length) return;
  const until = Date.now() + Number(buttons[0].dataset.wait) * 1000;
  const said = new Map(buttons.map((button) => [button, button.querySelector("[data-wait-words]").textContent]));
  const show = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    for (const [button, words] of said) {
      button.disabled = left > 0;
      button.querySelector("[data-wait-words]").textContent = left > 0 ? `${words} in ${clock}` : words;
    }
    if (!left) clearInterval(ticking);
  };
  ticking = setInterval(show, 1000);
  show();
}

countDown();

/* ---- What is typed is read as … ---- */

let reading;
let asked = 0;

async function read(form) {
  const mine = ++asked;
  const url = new URL(form.dataset.senderRead, location.href);
  url.searchParams.set("number", form.elements.number.value);
  url.searchParams.set("friendly_name", form.elements.friendly_name.value);
  const response = await fetch(url);
  if (!response.ok || response.redirected || mine !== asked) return;
  const answer = await response.json();
  const line = form.querySelector("[data-read-number]");
  line.hidden = !answer.number;
  line.textContent = answer.number && `Read as ${answer.number}.`;
  form.elements.label.placeholder = answer.label;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-sender-read]");
  if (!form || !["number", "friendly_name"].includes(event.target.name)) return;
  clearTimeout(reading);
  reading = setTimeout(() => read(form).catch(console.warn), 300);
});

/* ---- The profile as the candidate sees it ---- */

document.addEventListener("input", (event) => {
  const name = event.target.dataset?.previewOf;
  const line = name && event.target.form.querySelector(`[data-preview="${name}"]`);
  if (line) line.textContent = event.target.value;
});
