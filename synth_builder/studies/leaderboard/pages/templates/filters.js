// Runs once, when the filters are on the page. What they say stands in the address, and the other way round.
const form = element.querySelector("form");
const controls = () => [...form.elements].filter((control) => control.name);
let later = 0;

const read = () => {
  const told = new URLSearchParams(location.search);
  for (const control of controls()) {
    if (control !== document.activeElement || control.tagName === "SELECT") control.value = told.get(control.name) ?? "";
  }
};

const apply = (replace) => {
  clearTimeout(later);
  const told = new URLSearchParams(location.search);
  for (const control of controls()) {
    if (control.value) told.set(control.name, control.value);
    else told.delete(control.name);
  }
  told.delete("part");
  document.dispatchEvent(new CustomEvent("leaderboard:show", {detail: {query: "?" + told, replace}}));
};

form.addEventListener("change", (event) => apply(event.target.type === "search"));
form.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(later);
  later = setTimeout(() => apply(true), 250);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  apply(false);
});
form.addEventListener("reset", (event) => {
  event.preventDefault();
  for (const control of controls()) control.value = "";
  apply(false);
});
document.addEventListener("leaderboard:address", read);
read();
