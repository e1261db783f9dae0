/* Comforts over pages that work without it: focus after a swap, one press at a time, and a notice when a request fails.
   No words here: they come from the page's templates or from the server. */
(() => {
  "use strict";
  const region = () => document.getElementById("pagina");
  const notices = () => document.getElementById("avisos");

  const say = (notice) => {
    if (notices().textContent === notice.textContent) return; /* a poll that fails again */
    notice.setAttribute("role", "alert");
    notices().replaceChildren(notice);
    notices().scrollIntoView({ block: "nearest" });
  };
  const sayFromPage = (id) => say(document.getElementById(id).content.firstElementChild.cloneNode(true));

  const isForm = (event) => event.detail.requestConfig.verb === "post";

  /* After a form the error summary takes the focus by its own autofocus; any other page gives it to its h1. What the
     page fetches by itself (a poll, the districts of a province) never moves it. */
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target !== region() || !isForm(event) || region().querySelector("[autofocus]")) return;
    region().querySelector("h1")?.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    event.detail.target.setAttribute("aria-busy", "true");
    if (isForm(event)) notices().replaceChildren();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    event.detail.target.removeAttribute("aria-busy");
    if (event.detail.successful) notices().querySelector("[role=alert]")?.remove();
  });

  /* The answer's own notice (errors/error.html as a fragment) if it has one; a proxy's page has none: then the page's. */
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const notice = answer.querySelector("main .notice");
    if (notice) say(document.importNode(notice, true));
    else sayFromPage("aviso-falla");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => sayFromPage("aviso-conexion"));
  }

  /* The second press of a double one does nothing: the page may have changed under the pointer in between, and the
     button that lies there now, perhaps the one that pays, was not meant. */
  document.addEventListener(
    "click",
    (event) => {
      if (event.detail > 1 && event.target.closest("button, a")) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );

  /* Plain forms: a second press while the first is on its way does nothing. Back from another page, they work again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post")) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });
})();
