"""The pages as HTML: what stands on them, and that nothing of a results file is read as HTML."""

import re
from html.parser import HTMLParser

import pytest

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.board.entries import Entry
from synth_builder.studies.leaderboard.pages.render import render, render_filters
from synth_builder.studies.results.parts import StudiedDifference
from tests.studies.leaderboard.handed_in import LINK, hostile, small
from tests.studies.made_up import made_up, spread

OUR_TAGS = {
    *("a", "bdi", "br", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "form", "h1", "h2", "h3"),
    *("input", "label", "li", "nav", "ol", "option", "p", "pre", "section", "select", "span", "strong", "summary"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}

BARE = Spread(mean=0.99, std=None)


class Seen(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " " if tag in ("br", "dd", "dt", "li", "td", "th") else ""
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str]:
        return [value for name, value in self.attributes if name == "href"]


def words(page: str) -> str:
    return " ".join(Seen(page).text.split())


def entry_of(board: Board, variant: str | None, regime: str, task: str = "sst2") -> Entry:
    return next(each for each in board.entries if (each.variant, each.regime, each.task) == (variant, regime, task))


def _mean(entry: Entry) -> float:
    return entry.accuracy.mean


def test_the_table_tells_ranks_intervals_and_where_to_go_on() -> None:
    board = Board([("f", made_up())])
    page = Seen(render(board, "?task=sst2&regime=synthetic&classifier=tfidf"))
    told = " ".join(page.text.split())
    assert "1 to 3 of 3" in told
    best = max((each for each in board.entries if each.group == ("sst2", "tfidf", "synthetic")), key=_mean)
    assert f"{best.accuracy.mean:.3f} [{best.accuracy.low:.3f}, {best.accuracy.high:.3f}]" in told
    assert ("aria-sort", "ascending") in page.attributes and ("scope", "row") in page.attributes
    assert f"?task=sst2&classifier=tfidf&regime=synthetic&entry={best.id}" in page.links


def test_ties_are_said() -> None:
    results = small()
    cells = tuple(cell.model_copy(update={"accuracy": spread(0.7)}) for cell in results.cells)
    board = Board([("f", results.model_copy(update={"cells": cells}))])
    assert "1 of 2 tied" in words(render(board, "?regime=synthetic"))
    assert "1 of 1 tied" not in words(render(board, "?regime=real+100"))


def without_intervals(variant: str) -> Board:
    results = small()
    cells = tuple(
        cell.model_copy(update={"accuracy": BARE, "macro_f1": BARE}) if cell.variant == variant else cell
        for cell in results.cells
    )
    return Board([("f", results.model_copy(update={"cells": cells}))])


def test_a_result_without_an_interval_is_shown_and_not_ranked() -> None:
    board = without_intervals("few_shot")
    table = words(render(board, "?regime=synthetic"))
    assert "not ranked few_shot 0.990 no interval 0.990 no interval" in table and "1 of 1 zero_shot" in table
    bare, other = entry_of(board, "few_shot", "synthetic"), entry_of(board, "zero_shot", "synthetic")
    page = words(render(board, f"?entry={bare.id}"))
    assert "accuracy 0.990 no interval, macro-F1 0.990 no interval. It is not ranked: there is no interval" in page
    pair = words(render(board, f"?compare={bare.id}&other={other.id}"))
    assert "At least one of them has no 95 % interval, so nothing tells whether they differ." in pair
    assert "not known" in pair and "their 95 % intervals overlap:" not in pair.casefold()
    assert "nan" not in table.casefold() + pair.casefold()


def test_a_board_of_results_without_intervals_can_be_shown() -> None:
    results = small()
    cells = tuple(cell.model_copy(update={"accuracy": BARE, "macro_f1": BARE}) for cell in results.cells)
    board = Board([("f", results.model_copy(update={"cells": cells}))])
    for query in ("", "?sort=-accuracy&measure=macro_f1", f"?entry={board.entries[0].id}"):
        assert "not ranked" in words(render(board, query))


def test_only_one_page_of_rows_is_sent() -> None:
    board = Board([("f", made_up())])
    page = render(board, "")
    assert page.count("<tr>") == 1 + 50
    assert "page 1 of 4" in words(page) and "page 4 of 4" in words(render(board, "?part=4"))
    assert "?part=2" in Seen(page).links


def test_notices_stand_on_the_first_page() -> None:
    assert "1 notice about the results files x is <b>not</b> shown" in words(
        render(Board((), ["x is <b>not</b> shown"]), "")
    )
    assert "No result fits the filters." in words(render(Board(()), ""))


def test_the_page_of_an_entry_tells_where_it_comes_from() -> None:
    results = small(model="owner/Model-1B")
    variants = tuple(each.model_copy(update={"source": "ada/films@v1.2.0"}) for each in results.variants)
    board = Board([("f.json", results.model_copy(update={"variants": variants}))])
    entry = entry_of(board, "few_shot", "real 100 + synthetic")
    page = Seen(render(board, f"?entry={entry.id}"))
    told = " ".join(page.text.split())
    for said in (
        "few_shot on sst2",
        "Trained on real 100 + synthetic (300 rows) by tfidf",
        "Model owner/Model-1B",
        "Revision of the model sha256:0",
        "Its settings k 3",
        "Rows 200 (negative 100, positive 100)",
        "Not used 60 (duplicates 40, length 20)",
        "Tokens 30,000 in prompts, 8,000 in replies",
        f"Fingerprint of the results {results.fingerprint} (as computed)",
        'rows = load_dataset("ada/films", "few_shot", revision="v1.2.0")',
        "a sentence of sst2",
        "tfidf: about 180 (95 % interval 120 to 260)",
        "adds to real rows tfidf real 100 + synthetic real 100",
    ):
        assert said in told, said
    assert {"https://huggingface.co/owner/Model-1B", "https://huggingface.co/datasets/ada/films"} <= set(page.links)
    for other in board.entries:  # its scores everywhere, and those of real rows alone
        assert (f"?entry={other.id}" in page.links) == (other.variant in (None, "few_shot"))


def test_the_page_of_an_entry_names_what_p_values_are_corrected_over() -> None:
    board = Board([("f", small())])
    shown = words(render(board, f"?entry={entry_of(board, 'few_shot', 'synthetic').id}"))
    assert (
        "p-values with Holm's correction over the comparisons of one question by one classifier, over all tasks and "
        "variants of the study." in shown
    )


def test_a_fingerprint_that_is_not_right_is_told() -> None:
    board = Board([("f", made_up())])
    assert "made_up-0 (not what the file gives)" in words(render(board, f"?entry={board.entries[0].id}"))


def test_notes_of_other_tasks_stand_on_their_pages_alone() -> None:
    notes = (
        "sst2, few_shot: 3 rows short.",
        "sst2-long, few_shot: 4 rows short.",
        "rte: 5 rows short.",
        "All is well.",
    )
    board = Board([("f", made_up(("sst2", "sst2-long", "rte"), ("few_shot",), ("tfidf",), notes=notes))])
    told = {
        task: words(render(board, f"?entry={entry_of(board, 'few_shot', 'synthetic', task).id}"))
        for task in ("sst2", "sst2-long", "rte")
    }
    shown = {task: [note for note in notes if note in page] for task, page in told.items()}
    assert shown == {
        "sst2": ["sst2, few_shot: 3 rows short.", "All is well."],
        "sst2-long": ["sst2-long, few_shot: 4 rows short.", "All is well."],
        "rte": ["rte: 5 rows short.", "All is well."],
    }


def test_the_page_of_real_rows_alone_says_nothing_of_a_model() -> None:
    board = Board([("f", small())])
    told = words(render(board, f"?entry={entry_of(board, None, 'real 100').id}"))
    assert "real rows alone on sst2" in told and "Model" not in told and "Samples" not in told


def compared(one: tuple[float, float], two: tuple[float, float]) -> str:
    """The page that compares zero_shot with few_shot, of these means and half widths."""
    results = small()
    values = {"zero_shot": one, "few_shot": two, None: (0.5, 0.1)}
    cells = tuple(cell.model_copy(update={"accuracy": spread(*values[cell.variant])}) for cell in results.cells)
    board = Board([("f", results.model_copy(update={"cells": cells, "differences": ()}))])
    first, second = entry_of(board, "zero_shot", "synthetic"), entry_of(board, "few_shot", "synthetic")
    return words(render(board, f"?compare={first.id}&other={second.id}"))


def test_two_results_whose_intervals_overlap_are_not_told_apart() -> None:
    told = compared((0.70, 0.03), (0.75, 0.03))  # 0.73 and 0.72
    assert "few_shot against zero_shot: +5.0 points of accuracy. Their 95 % intervals overlap, so they are not" in told
    assert "+0.050 not told apart" in told


def test_two_results_whose_intervals_do_not_overlap_differ() -> None:
    told = compared((0.70, 0.02), (0.75, 0.02))  # 0.72 and 0.73
    assert "do not overlap: it is higher" in told and "+0.050 higher" in told
    assert "do not overlap: it is lower" in compared((0.75, 0.02), (0.70, 0.02))


def test_what_their_study_found_by_paired_tests_is_told() -> None:
    results = small()
    found = StudiedDifference(
        task="sst2",
        classifier="tfidf",
        variant="few_shot",
        asked="variant",
        baseline="zero_shot",
        candidate="few_shot",
        difference=0.021,
        low=0.004,
        high=0.038,
        p_value=0.01,
        adjusted_p_value=0.03,
        verdict="better",
    )
    board = Board([("f", results.model_copy(update={"differences": (found,)}))])
    said = "few_shot against zero_shot: +2.1 points [+0.4, +3.8], better after Holm's correction."
    alone = [entry_of(board, name, "synthetic").id for name in ("zero_shot", "few_shot")]
    assert said in words(render(board, f"?compare={alone[0]}&other={alone[1]}"))
    assert said in words(render(board, f"?compare={alone[1]}&other={alone[0]}"))
    more = [entry_of(board, name, "real 100 + synthetic").id for name in ("zero_shot", "few_shot")]
    assert "Holm" not in words(render(board, f"?compare={more[0]}&other={more[1]}"))


def test_a_gain_is_told_where_real_rows_are_compared_with_more() -> None:
    board = Board([("f", small())])
    one, two = entry_of(board, None, "real 100"), entry_of(board, "few_shot", "real 100 + synthetic")
    assert "real 100 + synthetic against real 100:" in words(render(board, f"?compare={one.id}&other={two.id}"))


def test_results_on_other_test_rows_are_not_compared_without_saying_so() -> None:
    board = Board([("f", made_up())])
    one, two = entry_of(board, "few_shot", "synthetic"), entry_of(board, "few_shot", "synthetic", "rte")
    assert "They were tested on different rows" in words(render(board, f"?compare={one.id}&other={two.id}"))


def test_results_of_other_real_rows_are_not_compared_without_saying_so() -> None:
    first, second = small(), small(seed=1)
    tasks = tuple(task.model_copy(update={"real_fingerprint": "other rows"}) for task in second.tasks)
    board = Board([("a", first), ("b", second.model_copy(update={"tasks": tasks}))])
    for regime, said in (("real 100 + synthetic", True), ("synthetic", False)):
        one, two = (each for each in board.entries if (each.variant, each.regime) == ("few_shot", regime))
        told = words(render(board, f"?compare={one.id}&other={two.id}"))
        assert ("Their studies drew real training rows from different sets" in told) == said
        assert "different rows" not in told


def test_a_link_to_a_result_that_is_gone_says_so() -> None:
    board = Board([("f", small())])
    id = board.entries[0].id
    for query in ("?entry=0", "?compare=0", f"?compare={id}&other=0", "?entry=<script>"):
        assert "There is no such result" in words(render(board, query)), query


@pytest.fixture(scope="module")
def hostile_pages() -> list[str]:
    board = Board([("<img src=x>.json", hostile())], ["<b onclick=x>notice</b>"])
    ids = [entry.id for entry in board.entries]
    pages = [render(board, f"?entry={id}") for id in ids]
    pages += [render(board, f"?compare={one}&other={two}") for one in ids[:10] for two in ids[::9]]
    pages += [render(board, ""), render(board, "?task=<script>&search='\"><img>&model=%00"), render_filters(board)]
    return pages


def test_nothing_of_a_hostile_file_is_read_as_html(hostile_pages: list[str]) -> None:
    for page in hostile_pages:
        seen = Seen(page)
        assert seen.tags <= OUR_TAGS
        assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "srcdoc")]
        assert all(re.match(r"\?|https://huggingface\.co/", link) for link in seen.links)
    assert any(LINK in Seen(page).text for page in hostile_pages)  # it is shown, as text


def test_a_hostile_file_turns_no_text_around_and_fills_no_page(hostile_pages: list[str]) -> None:
    for page in hostile_pages:
        assert not {"\u202e", "\u2066", "\x00", "\x1b"} & set(page)
        assert len(page) < 400_000


def test_the_filters_have_labels_for_everything() -> None:
    page = Seen(render_filters(Board([("f", made_up())])))
    named = {value for name, value in page.attributes if name == "for"}
    assert named == {value for name, value in page.attributes if name == "id"}
    assert len(named) == 7
