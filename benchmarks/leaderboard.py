"""
How long a visitor of the leaderboard waits, with 10,000 results and more.

    python benchmarks/leaderboard.py

Results that were never measured are written to a folder, and the command `leaderboard` shows them. Chromium opens the
page with an empty cache each time. Told are medians and the slowest, in milliseconds by the browser's own clock: from
the start of the navigation to the first paint, and to the first frame with the table on it; then from a choice to the
first frame with its answer. Writes benchmarks/results/leaderboard.json.
"""

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.studies.leaderboard.handed_in import write_studies  # noqa: E402
from tests.studies.leaderboard.served import served  # noqa: E402
from tests.studies.made_up import made_up  # noqa: E402

RESULT = PROJECT / "benchmarks" / "results" / "leaderboard.json"
SIZES = {"1,000": (1, 20), "10,000": (5, 42), "50,000": (25, 42)}
"""About how many results -> studies, and variants of each."""
VISITS = 15

# Marks the first frame after the table of results stands there.
WATCH = """
const watched = new MutationObserver(() => {
  if (!document.querySelector("#leaderboard-results tbody tr")) return;
  watched.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("table")));
});
watched.observe(document, {childList: true, subtree: true});
"""
TIMES = """() => Object.fromEntries(
  [...performance.getEntriesByType("paint"), ...performance.getEntriesByName("table")]
    .map((entry) => [entry.name, entry.startTime])
)"""
CHOOSE = """([field, value]) => new Promise((done) => {
  const status = document.querySelector("#leaderboard-results [role=status]");
  const before = status.textContent, start = performance.now();
  new MutationObserver((_, watched) => {
    if (document.querySelector("#leaderboard-results [role=status]").textContent === before) return;
    watched.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
  }).observe(document.querySelector("#leaderboard-results"), {childList: true, subtree: true, characterData: true});
  const control = document.querySelector(field);
  if (control.tagName === "A") control.click();
  else { control.value = value; control.dispatchEvent(new Event("change", {bubbles: true})); }
})"""


def told(times: list[float]) -> dict[str, float]:
    """Median and slowest, in milliseconds."""
    return {"median": round(statistics.median(times)), "slowest": round(max(times))}


def visited(browser: Any, address: str) -> dict[str, Any]:
    """Times of several visits with empty caches, and of choices on the last page."""
    paints, tables = [], []
    for _ in range(VISITS + 1):  # the first one warms up the server
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        page: Page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_function("performance.getEntriesByName('table').length > 0")
        page.wait_for_timeout(500)
        times = page.evaluate(TIMES)
        paints.append(times["first-contentful-paint"])
        tables.append(times["table"])
        if len(paints) <= VISITS:
            context.close()
    choices: dict[str, list[float]] = {"filter": [], "search": [], "next page": []}
    for _ in range(VISITS):
        choices["filter"].append(page.evaluate(CHOOSE, ["#filter-task", "sst2"]))
        choices["next page"].append(page.evaluate(CHOOSE, ["#leaderboard-results nav li:nth-child(4) a", ""]))
        choices["search"].append(page.evaluate(CHOOSE, ["#filter-search", "few_shot_7 tfidf"]))
        page.evaluate(CHOOSE, ["#filter-search", ""])
        page.evaluate(CHOOSE, ["#filter-task", ""])
    context.close()
    return {
        "first_paint": told(paints[1:]),
        "table_on_the_page": told(tables[1:]),
        "answers": {name: told(times) for name, times in choices.items()},
    }


def main() -> None:
    """Measure, print and write."""
    path = next(found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name)))
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for title, (studies, variants) in SIZES.items():
            names = tuple(f"few_shot_{number}" for number in range(variants))
            made = [made_up(variants=names, seed=seed, name=f"study_{seed}") for seed in range(studies)]
            with tempfile.TemporaryDirectory() as folder:
                write_studies(Path(folder) / "results", *made)
                start = time.perf_counter()
                with served(Path(folder) / "results", Path(folder)) as address:
                    seconds = time.perf_counter() - start
                    total = sum(len(study.cells) for study in made)
                    found[title] = {"results": total, "seconds_to_start": round(seconds, 1)}
                    found[title] |= visited(browser, address)
            print(title, json.dumps(found[title]), flush=True)
        told_version = browser.version
        browser.close()
    RESULT.write_text(
        json.dumps(
            {
                "what": "how long a visitor of the leaderboard waits, in milliseconds",
                "command": "python benchmarks/leaderboard.py",
                "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}",
                "versions": {"gradio": version("gradio"), "chromium": told_version},
                "settings": {"visits": VISITS, "rows_on_a_page": 50, "cache": "empty", "window": "1366 x 900"},
                "sizes": found,
            },
            indent=2,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
