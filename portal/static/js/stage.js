/* A large picture, seen whole, from near or turned; and a reason whose sentence is written into the field under it, as
   long as nobody has written another one. No words here: they stand in the page (evidence/review.html). */
const TURNS = ["", "is-turned-1", "is-turned-2", "is-turned-3"];

const stage = () => document.querySelector("[data-stage]");

const turn = (view) => {
  const at = TURNS.findIndex((name) => name && view.classList.contains(name));
  view.classList.remove(...TURNS.filter(Boolean));
  const next = TURNS[(Math.max(at, 0) + 1) % TURNS.length];
  if (next) view.classList.add(next);
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-view]");
  const view = stage();
  if (!button || !view) return;
  if (button.dataset.view === "turn") turn(view);
  else view.classList.toggle("is-near", button.dataset.view === "near");
});

const sentences = (part) => [...part.querySelectorAll("label small")].map((one) => one.textContent.trim());

document.addEventListener("change", ({ target }) => {
  const part = target.closest("[data-says]");
  if (!part || target.type !== "radio") return;
  const field = part.querySelector("textarea");
  const written = field.value.trim();
  if (written && !sentences(part).includes(written)) return;
  field.value = target.closest("label").querySelector("small")?.textContent.trim() ?? "";
});

const show = () => {
  for (const button of document.querySelectorAll("[data-view]")) button.hidden = false;
};
document.addEventListener("htmx:afterSettle", show);
show();
