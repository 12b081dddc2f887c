// The shell: notices that go away, forms that submit on change, and the menu on a phone.

const STAY_MS = 7000;

function keepToast(toast) {
  let timer = setTimeout(() => toast.remove(), STAY_MS);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), STAY_MS);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

document.querySelectorAll("[data-toast]").forEach(keepToast);

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
  event.target.closest("[data-close-dialog]")?.closest("dialog")?.close();
});

for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

// A choice that acts at once.
for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

document.querySelector("main .tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.querySelector("dialog[data-open-now]")?.showModal();
document.querySelector('[aria-invalid="true"]')?.focus();
