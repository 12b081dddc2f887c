// Who somebody is: the queue says when somebody new has written, and forms can be put away again.

const note = document.querySelector("[data-match-new]");
let timer;

// Asked after a pause, since most messages are from people who are known.
async function look() {
  const url = new URL(note.dataset.url, location.href);
  url.searchParams.set("newer_than", note.dataset.matchNew);
  const response = await fetch(url);
  if (response.status === 200 && !response.redirected) note.hidden = false;
}

if (note) {
  for (const kind of ["message", "reset"]) {
    document.addEventListener(`live:${kind}`, () => {
      clearTimeout(timer);
      timer = setTimeout(() => look().catch(console.warn), 1000);
    });
  }
}

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-match-cancel]")?.closest("[data-match-form]");
  if (!form) return;
  const opener = form.closest("[data-match]").querySelector("[data-match-open]");
  form.replaceChildren();
  opener?.focus();
});

// A form that was opened is there to be filled in.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.matches?.("[data-match-form]")) return;
  event.target.querySelector('[aria-invalid="true"], input:not([type="hidden"])')?.focus();
});
