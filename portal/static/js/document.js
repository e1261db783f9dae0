/* A DNI is typed on a pad of figures, the number of another document on letters. */
const fit = () => {
  for (const number of document.querySelectorAll("[data-number]")) {
    number.inputMode = number.form.elements[number.dataset.number].value === "DNI" ? "numeric" : "text";
  }
};
document.addEventListener("change", fit);
document.addEventListener("htmx:afterSettle", fit);
fit();
