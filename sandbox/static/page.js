// Keeps the parts of a page that carry data-live in step with the server, without touching the rest.

function fill(old, fresh) {
  const keyed = [...fresh.children].some((child) => child.dataset.key);
  if (!keyed) {
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.cloneNode(true).childNodes);
    return;
  }
  const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
  const wanted = new Set([...fresh.children].map((child) => child.dataset.key));
  for (const [key, child] of known) if (!wanted.has(key)) child.remove();
  let place = old.firstElementChild;
  for (const child of fresh.children) {
    const there = known.get(child.dataset.key);
    if (!there) {
      old.insertBefore(child.cloneNode(true), place);
      continue;
    }
    if (there !== place) old.insertBefore(there, place);
    place = there.nextElementSibling;
    if (there.outerHTML === child.outerHTML) continue;
    // What holds the focus is replaced only when the focus can be put back.
    const held = there.contains(document.activeElement) ? document.activeElement.dataset.focus ?? "" : null;
    if (held === "") continue;
    const next = child.cloneNode(true);
    there.replaceWith(next);
    if (held) next.querySelector(`[data-focus="${held}"]`)?.focus();
  }
}

export async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return null;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    if (!next || old === document.activeElement) continue;
    fill(old, next);
    if (old.options) old.selectedIndex = next.selectedIndex;
  }
  return fresh;
}

// One refresh at a time; whatever changes meanwhile causes exactly one more.
export function whenChanged(act) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      try {
        await act();
      } catch {
        // The sandbox is restarting: the stream reconnects and asks again.
      }
    } while (again);
    running = false;
  };
  new EventSource("/live").addEventListener("changed", run);
  return run;
}

export async function post(form, extra = {}) {
  const given = new FormData(form);
  for (const [name, value] of Object.entries(extra)) given.set(name, value);
  const body = form.enctype === "multipart/form-data" ? given : new URLSearchParams(given);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { accept: "application/json" },
    });
    const said = await answer.json();
    return answer.ok ? said : { error: said.error ?? `The sandbox answered ${answer.status}.` };
  } catch {
    return { error: "The sandbox does not answer. Start it again and send once more." };
  }
}

export function tell(problem, text) {
  problem.textContent = text ?? "";
  problem.hidden = !text;
}
