/* Nothing typed is lost: what is typed in a form that is kept goes to the server while it is typed, and two minutes before
   the session ends the page says so. The server knows how long it lasts: other tabs use it too, and a clock may sleep. */
(() => {
  "use strict";
  const PAUSE = 2000; /* ms after the last key */
  const WARNED = 120; /* s before the end */
  const LOOK = 15000; /* ms */
  const BY_ITSELF = { "X-By-Itself": "1" };

  let waiting = null;
  let timer = 0;
  let sending = null;
  const leave = () => {
    clearTimeout(timer);
    waiting = null;
    sending?.abort();
  };
  const keep = (form) => {
    leave();
    sending = new AbortController();
    const typed = new FormData(form);
    for (const secret of form.querySelectorAll("[type=password]")) typed.delete(secret.name);
    typed.set("lugar", form.getAttribute("action"));
    const body = new URLSearchParams(typed);
    fetch("/borrador", { method: "POST", body, keepalive: true, signal: sending.signal }).catch(() => {});
  };
  const wait = (event) => {
    const form = event.target.closest?.("form[data-kept]");
    if (!form) return;
    clearTimeout(timer);
    waiting = form;
    timer = setTimeout(keep, PAUSE, form);
  };
  document.addEventListener("input", wait);
  document.addEventListener("change", wait);
  document.addEventListener("submit", leave); /* what is sent is not kept after it was used */
  addEventListener("pagehide", () => {
    if (waiting) keep(waiting);
  });

  if (!document.body.dataset.session) return;
  let ends = Date.now() + document.body.dataset.session * 1000;
  const place = document.createElement("div");
  place.className = "wrap notices notices-now";
  place.setAttribute("role", "alert");
  document.getElementById("avisos").after(place);
  let shown = "";
  const say = (id) => {
    if (shown === id) return;
    shown = id;
    place.replaceChildren(...(id ? [document.getElementById(id).content.cloneNode(true)] : []));
  };
  const ask = async (headers) => {
    const answer = await fetch("/sesion", { headers });
    if (!answer.ok) return 0;
    const left = (await answer.json()).queda;
    ends = Date.now() + left * 1000;
    say(left === 0 ? "aviso-sesion-cerrada" : left > WARNED ? "" : shown || "aviso-sesion");
    return left;
  };
  const look = () => {
    if (Date.now() >= ends - WARNED * 1000) ask(BY_ITSELF).catch(() => {});
  };
  const stay = async () => {
    const left = await ask({});
    if (left > 0 && left <= WARNED) say("aviso-sesion-final");
    document.getElementById("contenido").focus({ preventScroll: true });
  };
  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stay]")) stay().catch(() => {});
  });
})();
