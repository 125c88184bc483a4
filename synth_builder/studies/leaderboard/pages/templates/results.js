// Runs once, when the results are on the page: `element` holds them, `trigger` asks the server for others. Answers carry
// the turn that they were asked in, as several may be under way.
const PATIENCE = 5000;
let turn = 0;
let before = null;
let again = 0;

const ask = () => {
  turn += 1;
  before = element.querySelector("[data-view]")?.dataset.view ?? null;
  document.dispatchEvent(new CustomEvent("leaderboard:address"));
  send();
};

const send = () => {
  trigger("click", {query: location.search, turn});
  clearTimeout(again);
  again = setTimeout(send, PATIENCE);
};

const show = (query, replace) => {
  const address = new URL(query || "?", location.href);
  const theme = new URLSearchParams(location.search).get("__theme");
  if (theme) address.searchParams.set("__theme", theme);
  if (address.search === location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", location.pathname + address.search);
  ask();
};

element.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='?']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.getAttribute("href"), false);
});

document.addEventListener("leaderboard:show", (event) => show(event.detail.query, event.detail.replace));
addEventListener("popstate", ask);

// An address that names a view: the server's first page is not it, and is not shown until the view has come. What the
// address says may also give the same page, so not for ever.
const uncover = () => { element.style.visibility = ""; };
if ([...new URLSearchParams(location.search).keys()].some((name) => !name.startsWith("__"))) {
  element.style.visibility = "hidden";
  setTimeout(uncover, 3000);
}

// Once what was asked for stands there: who reads by keyboard or ear goes on at its heading, if it is another view, or
// if what had the focus has gone.
new MutationObserver(() => {
  uncover();
  const title = element.querySelector("h2");
  if (title) document.title = title.textContent + " · Leaderboard of synthetic data";
  if (Number(element.querySelector("[data-turn]")?.dataset.turn) !== turn) {
    if (!again) send(); // an early answer that came late
    return;
  }
  if (!again) return;
  clearTimeout(again);
  again = 0;
  if (element.querySelector("[data-view]")?.dataset.view !== before || document.activeElement === document.body) {
    title?.focus({preventScroll: true});
    scrollTo(0, 0);
  }
}).observe(element, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-turn"]});
