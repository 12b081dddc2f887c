// Light, dark or as the system: applied before the first paint, so this is not a module.
(() => {
  const KEY = "theme";
  const read = () => {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // storage refused: the page follows the system
    }
  };
  const apply = (choice) => {
    if (choice === "light" || choice === "dark") {
      document.documentElement.dataset.theme = choice;
    } else {
      delete document.documentElement.dataset.theme;
    }
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll("[data-theme-choice]")) {
      input.checked = input.value === read();
      input.addEventListener("change", () => {
        try {
          localStorage.setItem(KEY, input.value);
        } catch {
          // kept for this page only
        }
        apply(input.value);
      });
    }
  });
  addEventListener("storage", (event) => {
    if (event.key === KEY) apply(read());
  });
})();
