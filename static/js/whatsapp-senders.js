// The dialog in which senders are added and changed: opens with its first pane, reads what is typed,
// and counts down until another code may be asked for.

const dialog = document.querySelector("[data-sender-dialog]");
let opener = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("#senders a[hx-target='#sender-dialog']") && !event.target.closest("dialog")) opener = event.target.getAttribute("href");
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

/* ---- The photo: shown before it is saved, and on its way ---- */

const PHOTOS = ["image/jpeg", "image/png"];

document.addEventListener("change", (event) => {
  const [file] = event.target.matches?.("[data-photo]") ? event.target.files : [];
  if (!file || !PHOTOS.includes(file.type)) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => showPhoto(reader.result));
  reader.readAsDataURL(file);
});

function showPhoto(address) {
  const face = document.querySelector("#sender-face");
  if (!face) return;
  const image = new Image(56, 56);
  image.alt = "";
  image.addEventListener("load", () => {
    face.replaceChildren(image);
    document.querySelector("[data-photo-cut]").hidden = image.naturalWidth === image.naturalHeight;
  });
  image.src = address;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches("[data-photo-form]")) return;
  document.querySelector("[data-photo-save]").disabled = true;
  document.querySelector("[data-photo-progress]").hidden = false;
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.matches("[data-photo-form]") && document.querySelector("[data-photo-progress]");
  if (!bar || !event.detail.lengthComputable) return;
  // The last part is Meta's: no figure tells how far that is.
  if (event.detail.loaded < event.detail.total) bar.value = (100 * event.detail.loaded) / event.detail.total;
  else bar.removeAttribute("value");
});

// Nobody answered: what was chosen stays, and can be sent again.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (!event.target.matches("[data-photo-form]")) return;
    document.querySelector("[data-photo-save]").disabled = false;
    document.querySelector("[data-photo-progress]").hidden = true;
  });
}

/* ---- The link ---- */

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy-link]");
  if (!button) return;
  const field = document.querySelector("#sender-address");
  const said = button.querySelector("[data-copy-words]");
  try {
    await navigator.clipboard.writeText(field.value);
    said.textContent = "Copied";
  } catch {
    field.select();
    said.textContent = "Press Ctrl+C";
  }
});
