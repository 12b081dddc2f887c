// The shell: notices that go away, forms that submit on change, and whose drafts a browser keeps.

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

/* ---- Drafts ---- */

// What somebody typed is kept as "draft:<person>:…" or "values:<person>:…". It outlives a session
// that ran out, and goes when they sign out or somebody else signs in at this browser.
const DRAFT = /^(?:draft|values):(\d+):/;

function forgetDrafts(isToGo) {
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      const storage = window[name];
      for (const key of Object.keys(storage)) {
        const owner = DRAFT.exec(key)?.[1];
        if (owner && isToGo(owner)) storage.removeItem(key);
      }
    } catch {
      // storage refused: nothing was kept
    }
  }
}

const { person } = document.body.dataset;
if (person) forgetDrafts((owner) => owner !== person);
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) forgetDrafts(() => true);
});
