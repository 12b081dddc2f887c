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
  const first = dialog.querySelector("[aria-invalid='true'], [autofocus], .dlg-body .input:enabled, .dlg-body input:enabled:not([type='hidden']), .dlg-foot .btn.is-main");
  // Where nothing is to be filled in, the title is read first.
  (first ?? dialog.querySelector("#sender-title"))?.focus();
});

// What was asked for by a pane that is not there any more does not come back with it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (asked?.matches("[data-rereads]") && !asked.isConnected) event.detail.shouldSwap = false;
});

// The list may have been drawn anew meanwhile, and with it what opened the dialog.
dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  const link = opener && document.querySelector(`#senders a[href="${opener}"]`);
  const menu = link?.closest("[data-acts-menu]");
  const back = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : link;
  (back ?? document.querySelector("#senders a.btn"))?.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target === dialog) location.reload();
});

/* ---- The menu of a sender: below its button, and by the arrow keys ---- */

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("[data-acts-menu]") || event.newState !== "open") return;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  menu.classList.add("is-placed");
  const box = menu.getBoundingClientRect();
  const below = button.bottom + box.height + 8 <= innerHeight || button.top < box.height + 8;
  const left = document.dir === "rtl" ? button.left : button.right - box.width;
  // A style of its own would be carried over by htmx to the list that is drawn next, as inline style.
  const place = document.documentElement.style;
  place.setProperty("--menu-x", `${scrollX + Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`);
  place.setProperty("--menu-y", `${scrollY + (below ? button.bottom + 4 : button.top - box.height - 4)}px`);
  menu.querySelector("a").focus({ preventScroll: true });
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-acts-menu]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const links = [...menu.querySelectorAll("a")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = links.indexOf(event.target) + step;
  if (event.key === "Home") links[0].focus();
  else if (event.key === "End") links.at(-1).focus();
  else links[(next + links.length) % links.length].focus();
});

document.addEventListener("click", (event) => event.target.closest?.("[data-acts-menu] a")?.closest("[popover]").hidePopover());

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
  const { website_1: first, website_2: second } = event.target.form?.elements ?? {};
  if (line && second) event.target.form.querySelector('[data-preview="website_2"]').textContent = second.value === first.value ? "" : second.value;
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

/* ---- The link: what is typed stands in it once it is kept ---- */

const linkIsChanged = () => {
  const text = document.querySelector("[data-link-form] [name='text']");
  return Boolean(text) && text.value !== text.defaultValue;
};

document.addEventListener("input", (event) => {
  const form = event.target.name === "text" && event.target.closest("[data-link-form]");
  if (!form) return;
  const changed = linkIsChanged();
  form.querySelector("[data-link-unkept]").hidden = !changed;
  form.querySelector("[data-copy-link]").disabled = changed;
  for (const link of form.querySelectorAll("a[download]")) link.setAttribute("aria-disabled", String(changed));
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-link-form] a[aria-disabled='true']")) event.preventDefault();
});

// Another job has a text of its own.
document.addEventListener("htmx:confirm", (event) => {
  const select = event.target;
  if (!select.matches?.("[data-link-job]") || !linkIsChanged()) return;
  if (confirm("The text that you typed is not kept yet. Leave it and show the other job’s text?")) return;
  event.preventDefault();
  for (const option of select.options) option.selected = option.defaultSelected;
});

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
