"""Filtering, sorting and paging."""

import pytest

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.pages.selection import choices, select
from synth_builder.studies.leaderboard.pages.view import View
from tests.studies.leaderboard.handed_in import small
from tests.studies.made_up import made_up


@pytest.fixture(scope="module")
def board() -> Board:
    return Board([("a", made_up(seed=0)), ("b", made_up(seed=1, name="second", model="owner/Other"))])


def test_filters_keep_what_has_the_value(board: Board) -> None:
    assert select(board, View()).total == len(board.entries) == 312
    found = select(board, View(task="sst2", strategy="few_shot", classifier="tfidf", regime="synthetic"))
    assert {(each.task, each.strategy, each.classifier, each.regime) for each in found.entries} == {
        ("sst2", "few_shot", "tfidf", "synthetic")
    }
    assert found.total == 2
    assert select(board, View(model="owner/Other")).total == 144  # not the 12 of real rows alone
    assert select(board, View(task="none")).entries == [] and select(board, View(task="none")).first == 0


def test_every_word_of_a_search_has_to_be_in_some_name(board: Board) -> None:
    assert select(board, View(search="OTHER rte")).total == 48
    assert select(board, View(search="second")).total == 156
    assert select(board, View(search="real alone sst2 1000")).total == 4
    assert select(board, View(search="rte emotion")).total == 0


def test_the_first_order_is_by_group_and_rank(board: Board) -> None:
    entries = select(board, View()).entries
    assert [each.regime for each in entries[:6]] == ["synthetic"] * 6
    assert {(each.task, each.classifier) for each in entries} == {("emotion", "minilm probe")}
    places = [rank.place for each in entries[:6] if (rank := board.rank(each, "accuracy")) is not None]
    assert places[0] == 1 and places == sorted(places)
    assert [each.accuracy.mean for each in entries[:6]] == sorted(
        (each.accuracy.mean for each in entries[:6]), reverse=True
    )


def test_columns_are_sorted_both_ways(board: Board) -> None:
    means = [each.accuracy.mean for each in select(board, View(sort="-accuracy")).entries]
    assert means[0] == max(each.accuracy.mean for each in board.entries) and means == sorted(means, reverse=True)
    rows = [each.rows for each in select(board, View(sort="rows")).entries]
    assert rows[0] == 50 and rows == sorted(rows)
    assert select(board, View(sort="-study")).entries[0].study == "second"
    assert select(board, View(sort="variant")).entries[0].title == "few_shot"


def test_pages_hold_fifty_and_all_of_them_everything(board: Board) -> None:
    pages = [select(board, View(part=page)) for page in range(1, 8)]
    assert [len(page.entries) for page in pages] == [50] * 6 + [12]
    assert {each.id for page in pages for each in page.entries} == set(board.by_id)
    assert (pages[1].first, pages[6].first, pages[0].pages) == (51, 301, 7)
    assert select(board, View(part=99)) == pages[6]


def test_the_axis_holds_all_intervals(board: Board) -> None:
    found = select(board, View())
    assert found.low <= min(each.accuracy.low or 0 for each in board.entries) < found.low + 0.1
    assert found.high - 0.1 < max(each.accuracy.high or 0 for each in board.entries) <= found.high


def test_what_has_no_rank_comes_after_what_has_one() -> None:
    results = small()
    bare = Spread(mean=0.99, std=None)
    cells = tuple(
        cell.model_copy(update={"accuracy": bare} if cell.variant == "few_shot" else {}) for cell in results.cells
    )
    board = Board([("f", results.model_copy(update={"cells": cells}))])
    found = select(board, View(regime="synthetic"))
    assert [each.variant for each in found.entries] == ["zero_shot", "few_shot"]
    assert found.high == 1.0  # the axis holds the means of all


def test_choices_are_in_order(board: Board) -> None:
    found = choices(board)
    assert found["task"] == ["emotion", "rte", "sst2"]
    assert found["model"] == ["owner/Other", "SmolLM2-135M-Instruct"]
    assert found["regime"][:3] == ["synthetic", "synthetic 50", "synthetic 100"]
    assert found["regime"][-2:] == ["real 100", "real 1000"]


def test_of_very_many_values_the_commonest_can_be_chosen() -> None:
    studies = [(f"{number}", small(seed=number, model=f"m{number:03}")) for number in range(201)]
    studies.append(("more", small(seed=999, model="m200")))
    found = choices(Board(studies))["model"]
    assert len(found) == 200 and "m200" in found
