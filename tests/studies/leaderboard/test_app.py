"""The leaderboard in a browser: filters, sorting, links, keyboard, narrow screens, files of people who mean harm."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_builder.studies.leaderboard.board.board import Board, read_board
from synth_builder.studies.leaderboard.board.entries import Entry
from tests.studies.leaderboard.handed_in import hostile, write_studies
from tests.studies.leaderboard.served import ROOT, browser_path, served
from tests.studies.made_up import made_up

pytest.importorskip("gradio", reason="needs the extra leaderboard")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")

STATUS = "#leaderboard-results [role=status]"
ROWS = "#leaderboard-results tbody tr"
MANY = tuple(f"few_shot_{number}" for number in range(220))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = browser_path()
    with sync_api.sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, as which containers run.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    studies = [made_up(seed=seed, name=f"study_{seed}", model=f"owner/Model-{seed}B") for seed in (1, 2)]
    folder = write_studies(tmp_path_factory.mktemp("results"), *studies)
    (folder / "broken").mkdir()
    (folder / "broken" / "results.json").write_text("no results", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def board(results: Path) -> Board:
    return read_board(results)


@pytest.fixture(scope="module")
def address(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(results, tmp_path_factory.mktemp("served")) as address:
        yield address


class Visit:
    """Pages of one visitor, and what went on in them."""

    def __init__(self, browser: Any, **settings: Any) -> None:
        self.context = browser.new_context(**settings)
        self.context.set_default_timeout(20_000)
        self.page: Any = None
        self.requests: list[str] = []
        self.errors: list[str] = []

    def open(self, address: str) -> Any:
        """A new page each time: one that is left while it asks the server for something says that it was aborted."""
        if self.page is not None:
            self.page.close()
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", self._refused)
        self.page.goto(address)
        self.page.wait_for_selector("#leaderboard-results h2")
        return self.page

    def _refused(self, dialog: Any) -> None:
        self.errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def status(self, text: str) -> None:
        """Wait until the table says so."""
        sync_api.expect(self.page.locator(STATUS)).to_have_text(text)

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
        left = [url for url in self.requests if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
        assert self.requests and left == []


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.close()


def test_a_port_that_is_in_use_is_told(address: str, results: Path) -> None:
    port = address.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "synth_builder", "leaderboard", str(results), "--port", port, "--no-browser"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Nothing can listen at 127.0.0.1:{port}: is the port in use?" in done.stderr
    assert "Traceback" not in done.stderr


def column(page: Any, number: int) -> list[str]:
    return [text.split()[0] for text in page.locator(f"{ROWS} > :nth-child({number})").all_inner_texts()]


def some_entry(board: Board) -> Entry:
    return next(each for each in board.entries if each.variant == "few_shot" and each.regime == "synthetic")


def test_the_first_page_shows_one_page_of_rows_and_what_could_not_be_read(visit: Visit, address: str) -> None:
    page = visit.open(address)
    visit.status("1 to 50 of 312")
    assert page.locator(ROWS).count() == 50
    page.get_by_text("1 notice about the results files").click()
    sync_api.expect(page.get_by_text(re.compile("broken/results.json is not shown"))).to_be_visible()


def test_a_later_page_of_the_table_has_an_address_that_can_be_opened_again(visit: Visit, address: str) -> None:
    page = visit.open(address)
    page.get_by_role("link", name="next").first.click()
    visit.status("51 to 100 of 312")
    answer = page.reload()
    assert answer is not None
    assert answer.status == 200
    visit.status("51 to 100 of 312")


def test_filters_narrow_the_table_and_stand_in_the_address(visit: Visit, address: str) -> None:
    page = visit.open(address)
    page.get_by_label("Task").select_option("sst2")
    visit.status("1 to 50 of 104")
    page.get_by_label("Trained on").select_option("real 100 + synthetic")
    visit.status("1 to 12 of 12")
    page.get_by_label("Search").press_sequentially("study_2 few", delay=30)
    visit.status("1 to 2 of 2")
    assert page.get_by_label("Search").input_value() == "study_2 few"
    assert "task=sst2" in page.url and "search=study_2+few" in page.url
    page.reload()
    visit.status("1 to 2 of 2")
    assert page.get_by_label("Task").input_value() == "sst2"
    page.get_by_role("button", name="Clear").click()
    visit.status("1 to 50 of 312")
    assert page.get_by_label("Search").input_value() == ""


def test_back_goes_back_to_the_view_before_and_the_filters_follow(visit: Visit, address: str) -> None:
    page = visit.open(address)
    page.get_by_label("Strategy").select_option("few_shot")
    visit.status("1 to 50 of 96")
    page.get_by_label("Model").select_option("owner/Model-2B")
    visit.status("1 to 48 of 48")
    page.go_back()
    visit.status("1 to 50 of 96")
    assert page.get_by_label("Model").input_value() == ""
    page.go_back()
    visit.status("1 to 50 of 312")
    page.go_forward()
    visit.status("1 to 50 of 96")
    assert page.get_by_label("Strategy").input_value() == "few_shot"


def test_columns_are_sorted_by_their_heads(visit: Visit, address: str, board: Board) -> None:
    page = visit.open(address)
    head = page.get_by_role("columnheader", name="Accuracy")
    head.get_by_role("link").click()
    sync_api.expect(head).to_have_attribute("aria-sort", "descending")
    means = sorted((each.accuracy.mean for each in board.entries), reverse=True)
    assert column(page, 3) == [f"{mean:.3f}" for mean in means[:50]]
    page.get_by_role("link", name="last").click()
    visit.status("301 to 312 of 312")
    assert column(page, 3) == [f"{mean:.3f}" for mean in means[300:]]
    head.get_by_role("link").click()
    sync_api.expect(head).to_have_attribute("aria-sort", "ascending")
    visit.status("1 to 50 of 312")


def test_many_quick_clicks_end_at_the_last_one(visit: Visit, address: str) -> None:
    page = visit.open(address)
    page.evaluate(
        """() => { for (const value of ["sst2", "emotion", "rte", "", "emotion"]) {
            const field = document.querySelector("#filter-task");
            field.value = value;
            field.dispatchEvent(new Event("change", {bubbles: true}));
        } }"""
    )
    visit.status("1 to 50 of 104")
    sync_api.expect(page.locator(f"{ROWS} > :nth-child(5)").first).to_have_text("emotion")
    assert page.url.endswith("?task=emotion")


def test_an_entry_has_a_page_with_a_link_of_its_own(visit: Visit, address: str, board: Board) -> None:
    entry = some_entry(board)
    page = visit.open(f"{address}?entry={entry.id}")
    sync_api.expect(page.get_by_role("heading", level=2)).to_have_text(f"few_shot on {entry.task}")
    for heading in ("Where it comes from", "What it was compared with", "Samples"):
        sync_api.expect(page.get_by_role("heading", name=heading)).to_be_visible()
    sync_api.expect(page.get_by_role("search")).to_be_hidden()
    sync_api.expect(page).to_have_title(f"few_shot on {entry.task} · Leaderboard of synthetic data")
    page.get_by_role("link", name="All results").click()
    visit.status("1 to 50 of 312")
    sync_api.expect(page.get_by_role("search")).to_be_visible()


def test_two_entries_are_compared(visit: Visit, address: str, board: Board) -> None:
    entry = some_entry(board)
    page = visit.open(f"{address}?entry={entry.id}")
    page.get_by_role("link", name="Compare with another result").click()
    visit.status("1 to 6 of 6")
    assert page.get_by_label("Trained on").input_value() == "synthetic"
    page.get_by_role("link", name="compare with this").first.click()
    sync_api.expect(page.get_by_text(re.compile("few_shot.*points of accuracy"))).to_be_visible()
    assert f"compare={entry.id}" in page.url and "other=" in page.url
    page.locator("table.two thead a").last.evaluate("head => head.append(' with a name that is longer')")
    widths = page.locator("table.two .axis").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) == 4 and len(set(widths)) == 1  # so that their bars have one scale
    page.reload()
    sync_api.expect(page.get_by_text(re.compile("few_shot.*points of accuracy"))).to_be_visible()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_everything_can_be_done_by_keyboard(visit: Visit, address: str) -> None:
    page = visit.open(address)
    visit.status("1 to 50 of 312")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", seen  # what has the focus is seen
    for wanted in (
        *("filter-search", "filter-task", "filter-measure", "Clear", "Rank ▲", "Accuracy", "Study"),
        "1 notice about the results files",
    ):
        assert wanted in seen, wanted
    assert seen.index("filter-search") < seen.index("Clear") < seen.index("Rank ▲")
    page.get_by_label("Search").focus()
    page.keyboard.type("few_shot rte tfidf study_1")
    visit.status("1 to 8 of 8")
    page.keyboard.press("Enter")
    page.locator(f"{ROWS} th a").first.focus()
    page.keyboard.press("Enter")
    sync_api.expect(page.get_by_role("heading", level=2)).to_have_text("few_shot on rte")
    sync_api.expect(page.get_by_role("heading", level=2)).to_be_focused()  # the reader goes on at the new view
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "← All results"
    page.keyboard.press("Enter")
    visit.status("1 to 8 of 8")


def test_sorting_by_keyboard_keeps_the_focus(visit: Visit, address: str) -> None:
    page = visit.open(address)
    link = page.get_by_role("columnheader", name="Macro-F1").get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    sync_api.expect(page.get_by_role("columnheader", name="Macro-F1")).to_have_attribute("aria-sort", "descending")
    assert focused(page).startswith("Macro-F1")


def test_tables_have_captions_and_heads_and_fields_have_labels(visit: Visit, address: str, board: Board) -> None:
    page = visit.open(address)
    assert page.locator("caption").count() == page.locator("table").count() == 1
    assert page.locator(f"{ROWS} > th[scope=row]").count() == 50
    unnamed = "[...document.querySelectorAll('#leaderboard-filters :is(input, select)')].filter(f => !f.labels.length)"
    assert page.evaluate(f"{unnamed}.length") == 0
    page = visit.open(f"{address}?entry={some_entry(board).id}")
    assert page.locator("caption").count() == page.locator("table").count() == 2
    assert [heading.inner_text() for heading in page.locator("h1, h2").all() if heading.is_visible()] == [
        f"few_shot on {some_entry(board).task}"
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_on_their_ground(browser: Any, address: str, board: Board, scheme: str) -> None:
    visit = Visit(browser, color_scheme=scheme)
    for query in ("", f"?entry={some_entry(board).id}"):
        page = visit.open(address + query)
        found = page.evaluate(CONTRASTS)
        assert len(found) > 50
        dim = [(ratio, words) for ratio, words in found if ratio < 4.5]  # WCAG 2.2, 1.4.3
        assert dim == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 600) == (scheme == "light")
    visit.close()


CONTRASTS = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length && (colour[3] ?? 1) > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const light = (colour) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.querySelectorAll(".leaderboard *")) {
    const words = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join(" ");
    if (!words.trim() || !element.checkVisibility() || element.closest("option")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), words.slice(0, 40)]);
  }
  return found;
}"""


def test_a_narrow_screen_is_not_scrolled_sideways(browser: Any, address: str, board: Board) -> None:
    visit = Visit(browser, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    ids = [entry.id for entry in board.entries if entry.variant][:2]
    for query in ("", f"?entry={ids[0]}", f"?compare={ids[0]}", f"?compare={ids[0]}&other={ids[1]}", "?entry=none"):
        page = visit.open(address + query)
        assert page.evaluate(SIDEWAYS) == [360, True, []], query
        for table in page.locator(".scrolled").all():  # a table that is too wide is scrolled in itself
            wide, moved = table.evaluate("box => { box.scrollLeft = 9999; return [box.scrollWidth, box.scrollLeft]; }")
            assert wide <= 360 or moved > 0
    visit.close()


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_narrow_screen_place_name_and_measure_are_seen_without_scrolling(
    browser: Any, address: str, width: int
) -> None:
    visit = Visit(browser, viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True)
    page = visit.open(address)
    box, cells = page.locator(".scrolled"), page.locator(f"{ROWS} td:nth-child(3)")
    edge = box.evaluate("box => box.getBoundingClientRect().left + box.clientLeft + box.clientWidth")
    ends = cells.evaluate_all(
        "cells => cells.map(cell => Math.max(...[...cell.children].map(part => part.getBoundingClientRect().right)))"
    )
    assert len(ends) == 50 and max(ends) <= edge, (max(ends), edge)
    visit.close()


# Width of the page, whether it fits, and what sticks out of it unseen.
SIDEWAYS = """() => {
  const page = document.documentElement;
  const out = [...document.querySelectorAll(".leaderboard *")].filter((element) =>
    !element.parentElement.closest(".scrolled, pre") && element.checkVisibility() &&
    element.getBoundingClientRect().right > page.clientWidth + 1);
  const fits = page.scrollWidth <= page.clientWidth;
  return [page.clientWidth, fits, out.map((element) => element.outerHTML.slice(0, 90))];
}"""


def test_nothing_in_a_hostile_file_runs_or_loads(browser: Any, tmp_path: Path) -> None:
    folder = write_studies(tmp_path / "results", hostile())
    (tmp_path / "results" / "<img src=x onerror=alert(1)>").mkdir()
    (tmp_path / "results" / "<img src=x onerror=alert(1)>" / "results.json").write_text("{}", encoding="utf-8")
    board = read_board(folder)
    assert len(board.entries) > 50
    visit = Visit(browser, viewport={"width": 360, "height": 740})
    ids = [entry.id for entry in board.entries]
    queries = ["", *(f"?entry={id}" for id in ids[::9]), f"?compare={ids[2]}&other={ids[-1]}"]
    queries += ["?task=%3Cscript%3Ewindow.__pwned%3D7%3C/script%3E&search=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"]
    with served(folder, tmp_path) as address:
        for query in queries:
            page = visit.open(address + query)
            page.wait_for_timeout(200)
            assert page.evaluate("window.__pwned") is None, query
            assert page.locator(".leaderboard :is(script, img, iframe, object, svg, style)").count() == 0
            assert page.evaluate(SIDEWAYS)[1:] == [True, []], query
        page = visit.open(address)
        for name in ("Task", "Model", "Strategy", "Classifier"):  # what is hostile can be filtered by all the same
            field = page.get_by_label(name)
            field.select_option(index=1)
            sync_api.expect(page.locator(STATUS)).to_have_text(re.compile("^1 to"))
            field.select_option(index=0)
        assert page.evaluate("window.__pwned") is None
        visit.close()


def test_of_ten_thousand_results_the_browser_gets_one_page(browser: Any, tmp_path: Path) -> None:
    studies = [made_up(variants=MANY, seed=seed, name=f"study_{seed}") for seed in (1,)]
    with served(write_studies(tmp_path / "results", *studies), tmp_path) as address:
        visit = Visit(browser)
        page = visit.open(address)
        total = sum(len(each.cells) for each in studies)
        assert total > 10_000
        visit.status(f"1 to 50 of {total:,}")
        assert page.locator(ROWS).count() == 50
        assert page.evaluate("document.documentElement.outerHTML.length") < 500_000
        page.get_by_label("Search").fill("few_shot_219 rte")
        visit.status("1 to 16 of 16")
        sync_api.expect(page.get_by_text("Of strategy only the 200 commonest stand in the lists")).to_be_visible()
        visit.close()
