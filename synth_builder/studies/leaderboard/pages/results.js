// Runs once, when the results are on the page: `element` holds them, `trigger` asks the server for others.
let asked = null;

const show = (query, replace) => {
  const theme = new URLSearchParams(location.search).get("__theme");
  const address = new URL(query || "?", location.href);
  if (theme) address.searchParams.set("__theme", theme);
  history[replace ? "replaceState" : "pushState"](null, "", location.pathname + address.search);
  ask();
};

const ask = () => {
  asked = element.querySelector("[data-view]")?.dataset.view ?? null;
  document.dispatchEvent(new CustomEvent("leaderboard:address"));
  trigger("click", {query: location.search});
};

element.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='?']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.getAttribute("href"), false);
});

document.addEventListener("leaderboard:show", (event) => show(event.detail.query, event.detail.replace));
addEventListener("popstate", ask);

// Once what was asked for stands there: who reads by keyboard or ear goes on at its heading, if it is another view, or
// if what had the focus has gone.
new MutationObserver(() => {
  const title = element.querySelector("h2");
  if (title) document.title = title.textContent + " · Leaderboard of synthetic data";
  if (asked === null) return;
  const view = element.querySelector("[data-view]")?.dataset.view;
  if (view !== asked || document.activeElement === document.body) {
    title?.focus({preventScroll: true});
    scrollTo(0, 0);
  }
  asked = null;
}).observe(element, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-view", "href"]});
