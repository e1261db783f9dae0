/* Who is paid, while they are typed: the shares are drawn, and of a minor it is asked who collects for them. */
const isMinor = (typed, adult) => {
  const [, day, month, year] = /^\s*(\d\d?)\D*(\d\d?)\D*(\d{4})\s*$/.exec(typed) ?? [];
  return Boolean(year) && new Date(Number(year) + Number(adult), month - 1, day) > new Date();
};

const draw = (form) => {
  const total = form.querySelector("[data-others]");
  if (!total || form.elements.reemplazo.checked) return;
  const typed = form.elements.porcentaje.value.trim().replace(/\s*%$/, "").replace(",", ".");
  if (!/^\d{1,3}(\.\d{0,2})?$/.test(typed)) return;
  total.textContent = `${Number((Number(total.dataset.others) + Number(typed)).toFixed(2))}\u00a0%`;
  form.querySelector("[data-typed]").setAttribute("width", typed);
};

const ask = (person) => {
  const typed = person.querySelector("[name=fecha_nacimiento]").value;
  const minor = person.querySelector("[data-minor]");
  const isUsed = minor.querySelector(".error") || minor.querySelector("input").value;
  if (typed.length > 7) minor.hidden = !isUsed && !isMinor(typed, minor.dataset.minor);
};

document.addEventListener("input", ({ target }) => {
  const person = target.form?.querySelector("#persona");
  if (person && target.name === "fecha_nacimiento") ask(person);
  if (person && target.name === "porcentaje") draw(target.form);
});
const typedBefore = document.querySelector("#persona");
if (typedBefore) ask(typedBefore);
