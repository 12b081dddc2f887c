// Photos of the thread, one at a time and large; and the buttons that copy a number.

const dialog = document.querySelector("[data-viewer]");
const list = document.querySelector("[data-thread]");
const part = (name) => dialog.querySelector(`[data-viewer-${name}]`);
let shown;

const photos = () => [...list.querySelectorAll("[data-photo]")];
const indexOfShown = (all) => all.findIndex((one) => one.dataset.photo === shown);

function show(link) {
  shown = link.dataset.photo;
  const image = part("photo");
  image.src = link.href;
  image.alt = link.dataset.label;
  part("label").textContent = link.dataset.label;
  part("caption").textContent = link.dataset.caption;
  part("caption").hidden = !link.dataset.caption;
  part("download").href = link.href;
  // The name is the server's to give; a caption is no file name.
  part("download").download = "";
  const all = photos();
  const index = indexOfShown(all);
  part("count").textContent = all.length > 1 ? `${index + 1} of ${all.length}` : "";
  for (const button of dialog.querySelectorAll("[data-viewer-step]")) {
    button.hidden = all.length < 2;
    button.disabled = !all[index + Number(button.dataset.viewerStep)];
  }
}

function step(by) {
  const all = photos();
  const next = all[indexOfShown(all) + by];
  if (next) show(next);
}

if (dialog && list) {
  list.addEventListener("click", (event) => {
    const link = event.target.closest("[data-photo]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("[data-viewer-step]");
    if (button) step(Number(button.dataset.viewerStep));
    // Beside the photo is the backdrop, too.
    if (event.target === dialog || event.target.matches(".viewer-stage")) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    if (event.key === forward) step(1);
    if (event.key === back) step(-1);
    if (event.key === "Home") step(-indexOfShown(photos()));
    if (event.key === "End") step(photos().length - 1 - indexOfShown(photos()));
  });
  dialog.addEventListener("close", () => {
    part("photo").removeAttribute("src");
    // To the photo one looked at last: it may be another than the one that was opened.
    list.querySelector(`[data-photo="${CSS.escape(shown)}"]`)?.focus();
  });
}

/* ---- Copying ---- */

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // refused by the browser: the text stands beside the button
  }
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", "Copied");
  button.dataset.copied = "";
  setTimeout(() => {
    button.setAttribute("aria-label", label);
    delete button.dataset.copied;
  }, 1500);
});
