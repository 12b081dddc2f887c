// The faults page: each form is one call of the control API.

import { refresh, tell, whenChanged } from "./page.js";

const problem = document.querySelector("[data-problem]");
const update = whenChanged(refresh);

function read(form) {
  const given = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") given[field.name] = field.checked;
    else if (field.type === "number") given[field.name] = Number(field.value) * Number(field.dataset.times ?? 1);
    else if (field.value) given[field.name] = field.value;
  }
  return given;
}

async function apply(form) {
  try {
    const answer = await fetch(`/_control/${form.dataset.control}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(read(form)),
    });
    const said = await answer.json();
    tell(problem, said.ok ? "" : `${said.error} ${said.why}`);
  } catch {
    tell(problem, "The sandbox does not answer. Start it again and try once more.");
  }
  await update();
}

for (const form of document.querySelectorAll("[data-control]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(form);
  });
  if ("atOnce" in form.dataset) form.addEventListener("change", () => apply(form));
}
