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

  /* After a form the error summary, or a part that the reader asked for, takes the focus by its own autofocus. Else the
     answer that the page holds takes it, for a screen reader announces nothing that comes with its region; else the h1.
     What the page fetches by itself (a poll, the districts of a province) never moves it. */
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target !== region() || !isForm(event)) return;
    const answer = region().querySelector("[autofocus]") ?? region().querySelector(".notice [tabindex]");
    (answer ?? region().querySelector("h1"))?.focus({ preventScroll: true });
    /* htmx shows the page's top in a moment */
    if (answer) requestAnimationFrame(() => answer.scrollIntoView({ block: "nearest" }));
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

  /* The button that was pressed shows the waiting. */
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll(".is-pressed")) button.classList.remove("is-pressed");
    event.submitter?.classList.add("is-pressed");
  });

  /* A list that is about to change can't be chosen from by letters: the first would be for the list before, and the rest
     would choose what begins with them. They are let go until the typing pauses, as long as a browser takes them for one
     word. */
  const ONE_WORD = 1000;
  let letGo = 0;
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key.length > 1 || !event.target.matches("select")) return;
      if (!event.target.closest("[aria-busy=true]") && Date.now() - letGo > ONE_WORD) return;
      letGo = Date.now();
      event.preventDefault();
    },
    true,
  );

  /* Plain forms: a second press while the first is on its way does nothing. Back from another page, they work again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post")) return;
    if (!navigator.onLine) {
      event.preventDefault(); /* the browser's own page would take what was typed away */
      return sayFromPage("aviso-conexion");
    }
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });

  /* The strokes of a date come by themselves as its figures are typed, at the end only: who deletes, pastes or writes in
     the middle is let alone. Figures that turn out to be a year lose them again. */
  document.addEventListener("input", ({ target, inputType }) => {
    const { value, selectionStart } = target;
    if (!target.matches("[data-date]") || !/^insert(Composition)?Text$/.test(inputType)) return;
    if (selectionStart !== value.length) return;
    const parted = value
      .replace(/^(19|20)\/(\d\d)[-.]$/, "$1$2-")
      .replace(/^(\d\d)(\d)$/, "$1/$2")
      .replace(/^(19|20)\/(1[3-9]|[2-9]\d)$/, "$1$2")
      .replace(/^(\d\d?\/\d\d)(\d)$/, "$1/$2");
    if (parted !== value) target.value = parted;
  });

  /* Sharing a PDF from the phone: offered only where the browser says that it can give files. It waits for a press, so the
     file is fetched then; one that took too long needs a second press, and is at hand by then. One that is still being
     made is waited for on its own page. */
  const canShare = () =>
    Boolean(navigator.canShare?.({ files: [new File([], "poliza.pdf", { type: "application/pdf" })] }));
  const offerSharing = () => {
    if (canShare()) for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
  };
  const files = new WeakMap();
  const share = async (button) => {
    if (!files.has(button)) {
      const answer = await fetch(button.dataset.share);
      if (answer.status !== 200) return location.assign(button.dataset.share);
      const bytes = await answer.blob();
      files.set(button, new File([bytes], button.dataset.name, { type: bytes.type }));
    }
    await navigator.share({ files: [files.get(button)] });
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-share]");
    if (!button || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await share(button);
    } catch (failure) {
      if (failure.name === "NotAllowedError") button.querySelector("span").textContent = button.dataset.again;
      else if (failure.name !== "AbortError") sayFromPage("aviso-conexion");
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  document.addEventListener("htmx:afterSettle", offerSharing);
  offerSharing();

  /* What only some pages do is fetched by them. */
  const fetchParts = () => {
    for (const part of document.querySelectorAll("[data-script]")) import(part.dataset.script);
  };
  document.addEventListener("htmx:afterSettle", fetchParts);
  fetchParts();

  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });
})();
