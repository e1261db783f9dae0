/* The phone's menu closes by Esc and by a press beside it, and its button has the focus then: unless the press gave it to
   something else. */
const opened = () => document.querySelector(".nav-more[open], .desk-menu-m[open]");
const close = (menu) => {
  menu.open = false;
  menu.querySelector("summary").focus({ preventScroll: true });
};
document.addEventListener(
  "keydown",
  (event) => {
    const menu = event.key === "Escape" && opened();
    if (!menu) return;
    event.stopImmediatePropagation(); /* the page's own Esc is for the next press */
    close(menu);
  },
  true,
);
document.addEventListener("click", ({ target }) => {
  const menu = opened();
  if (!menu || menu.contains(target)) return;
  if (target.closest("a, button, input, select, textarea, label, summary")) menu.open = false;
  else close(menu);
});
