/* The desk's keys. The page says them: whatever holds <kbd>A</kbd> is pressed by A, and a field whose label holds it takes
   the focus. J and K go through the rows, Enter opens the row, T takes it. Nothing fires while something is being
   written, or with Ctrl, Alt or the system's key; Ctrl+Enter sends the form that is written in. "?" opens the list of them.
   They are turned off in Mi Perfil (WCAG 2.1.4), which the body's class says. No words here: they come from the page. */
(() => {
  "use strict";
  const isOff = () => document.body.classList.contains("no-keys");
  const list = document.getElementById("teclas");
  const isWriting = (target) => target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

  /* Of several marks the first that can be seen. */
  const marked = (key) =>
    [...document.querySelectorAll(".desk-page kbd")].find(
      (mark) => mark.textContent === key && !mark.closest(".hints") && mark.offsetParent !== null,
    );

  const press = (mark) => {
    const label = mark.closest("label");
    const field = label?.control;
    const target = field ?? mark.closest("a, button, summary");
    if (!target || target.disabled) return;
    target.focus();
    if (!field || field.type === "radio") target.click();
  };

  const rows = () => [...document.querySelectorAll("#pagina [data-row]")];
  const current = () => document.querySelector("#pagina .is-cursor");
  const move = (by) => {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
    current()?.classList.remove("is-cursor");
    next.classList.add("is-cursor");
    next.querySelector("a, button")?.focus();
  };

  /* What a page asks by itself waits while nobody looks, or somebody is at something that its answer would take away. */
  document.addEventListener(
    "htmx:beforeRequest",
    (event) => {
      const { requestConfig, target } = event.detail;
      const at = document.activeElement;
      const isAt = target.contains(at) && at.matches("a, button, input, select, textarea, summary");
      if (!requestConfig.headers["X-By-Itself"] || !(document.hidden || isAt)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey && event.target.form) {
      event.target.form.requestSubmit(event.target.form.querySelector(".btn-primary:not([disabled])"));
      return;
    }
    if (isOff() || list.open || event.ctrlKey || event.altKey || event.metaKey || isWriting(event.target)) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key === "Escape" ? "Esc" : "";
    if (key === "?") {
      open();
    } else if ((key === "J" || key === "K") && rows().length) {
      move(key === "J" ? 1 : -1);
    } else if (key === "T" && current()) {
      current().querySelector("[data-take]")?.click();
    } else {
      const mark = key && marked(key);
      if (!mark) return;
      press(mark);
    }
    event.preventDefault();
  });

  const open = () => {
    const lines = [...document.querySelectorAll("#pagina .hints li")].filter((line) => !line.querySelector("button"));
    list.querySelector("[data-page-keys]").replaceChildren(...lines.map((line) => line.cloneNode(true)));
    list.showModal();
  };
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-all-keys]")) open();
    if (target.closest("#teclas [data-close]")) list.close();
  });

  const show = () => {
    for (const button of document.querySelectorAll("[data-all-keys]")) button.hidden = false;
  };
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
