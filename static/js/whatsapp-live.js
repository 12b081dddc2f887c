// The company's event stream. Pages listen on `document` for "live:<kind>" events, whose detail is
// what the server published; "live:reset" means that too much was missed to tell.

const KINDS = ["message", "conversation", "connection", "run", "templates", "reset"];
const address = document.querySelector("[data-live-url]")?.dataset.liveUrl;
// With the event as of which the page was drawn, so nothing falls between drawing and listening.
const url = address && new URL(address);
let source;

function showState(connected) {
  for (const mark of document.querySelectorAll("[data-live-state]")) mark.hidden = connected;
}

function tell(kind, detail) {
  document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail }));
}

function open() {
  let lost;
  source = new EventSource(url, { withCredentials: true });
  // A stream that is opened anew goes on from here; one that reconnects says it by itself.
  const remember = (event) => {
    if (event.lastEventId) url.searchParams.set("after", event.lastEventId);
  };
  source.addEventListener("hello", remember);
  source.addEventListener("open", () => {
    clearTimeout(lost);
    showState(true);
  });
  source.addEventListener("error", () => {
    // A short break mends itself and catches up by Last-Event-ID; nobody needs to hear of it.
    clearTimeout(lost);
    if (source.readyState === EventSource.CLOSED) {
      showState(false);
      setTimeout(open, 5000);
    } else {
      lost = setTimeout(() => showState(false), 3000);
    }
  });
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      remember(event);
      tell(kind, JSON.parse(event.data));
    });
  }
}

if (url) {
  open();
  window.addEventListener("pagehide", () => source.close());
  // Back to a page that the browser had kept as it was: listen again, from where it stopped.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
}
