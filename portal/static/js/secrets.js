/* Comforts of pages that ask for a code or a new password. Fetched by them alone; its words come from them. */

/* What only a script can do is shown by it; and a button that would be too early counts down to its moment. */
const wait = (rest) => {
  const button = rest.closest("button");
  const ends = Date.now() + rest.dataset.wait * 1000;
  rest.removeAttribute("data-wait");
  rest.hidden = false;
  button.disabled = true;
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    rest.querySelector("b").textContent = left;
    if (left > 0) return;
    clearInterval(timer);
    rest.remove();
    button.disabled = false;
  };
  const timer = setInterval(tick, 500);
  tick();
};
const begin = () => {
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  for (const rest of document.querySelectorAll("[data-wait]")) wait(rest);
};
document.addEventListener("htmx:afterSettle", begin);
begin();

/* The sixth digit sends the code, however it was written or pasted. Only what somebody writes does: a refused code that
   comes back with its page waits to be touched. */
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-code]")) return;
  const digits = target.value.normalize("NFKC").replace(/\D/g, "");
  if (digits.length !== 6) return target.removeAttribute("data-sent");
  if (target.dataset.sent === digits) return;
  target.dataset.sent = digits;
  target.form.requestSubmit(target.form.querySelector("button:not([name])"));
});

/* "Mostrar"; what is sent is a password again, or browsers would keep it among what is typed. */
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-show]")) document.getElementById(target.dataset.show).type = target.checked ? "text" : "password";
});
document.addEventListener("submit", ({ target }) => {
  for (const box of target.querySelectorAll("[data-show]:checked")) box.click();
});
