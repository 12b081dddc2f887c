// The company's event stream. Pages listen on `document` for "live:<kind>" events, whose detail is
// what the server published; "live:reset" means that too much was missed to tell.

const KINDS = ["message", "conversation", "connection", "reset"];
const url = document.querySelector("[data-live-url]")?.dataset.liveUrl;

function showState(connected) {
  for (const mark of document.querySelectorAll("[data-live-state]")) mark.hidden = connected;
}

function open() {
  const source = new EventSource(url, { withCredentials: true });
  let lost;
  source.addEventListener("open", () => {
    clearTimeout(lost);
    showState(true);
  });
  source.addEventListener("error", () => {
    // A short break mends itself and catches up by Last-Event-ID; nobody needs to hear of it.
    clearTimeout(lost);
    lost = setTimeout(() => showState(false), 3000);
    if (source.readyState === EventSource.CLOSED) {
      clearTimeout(lost);
      showState(false);
      setTimeout(() => {
        open();
        document.dispatchEvent(new CustomEvent("live:reset", { detail: {} }));
      }, 5000);
    }
  });
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: JSON.parse(event.data) }));
    });
  }
  window.addEventListener("pagehide", () => source.close(), { once: true });
}

if (url) open();
