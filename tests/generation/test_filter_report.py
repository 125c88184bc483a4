from typing import Any

import pytest

from synth_builder.filters.base import Candidate, FilterOptions, Objection
from synth_builder.filters.length import Length, LengthOptions
from synth_builder.filters.refusal import Refusal
from synth_builder.generation.filter_report import FilterReport, rejects_most
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})


class Secret(Refusal):
    """A filter whose rejected texts are not to be spread."""

    name = "secret"
    shows_rejected = False


def report() -> FilterReport:
    return FilterReport([Length(LengthOptions(), TASK), Secret(FilterOptions(), TASK)])


def row(text: str) -> Candidate:
    return Candidate({"text": text}, "positive")


def test_rows_are_counted_filter_by_filter_in_their_order() -> None:
    one = report()
    for number in range(10):
        one.seen("length")
        if number < 3:
            one.rejected("length", row("Too short."), Objection("too_short", "text has 2 words"))
        else:
            one.seen("secret")
    first, second = one.to_list()
    assert (first["name"], first["reached"], first["rejected"], first["share"]) == ("length", 10, 3, 0.3)
    assert second == {"name": "secret", "reached": 7, "rejected": 0, "share": 0.0, "examples": []}


def test_the_first_five_rejections_are_kept_as_examples() -> None:
    one = report()
    for number in range(9):
        one.seen("length")
        one.rejected("length", row(f"Text {number}"), Objection("too_short", f"detail {number}"))
    examples = one.to_list()[0]["examples"]
    assert [example["detail"] for example in examples] == [f"detail {number}" for number in range(5)]
    assert examples[0] == {"label": "positive", "reason": "too_short", "detail": "detail 0", "text": "Text 0"}


def test_a_long_example_is_cut_and_one_that_may_not_be_spread_is_left_out() -> None:
    one = report()
    one.rejected("length", row("x" * 201), Objection("too_long", "d"))
    one.rejected("length", row("x" * 200), Objection("too_long", "d"))
    one.rejected("secret", row("me@gmail.com"), Objection("pii", "d"))
    length, secret = one.to_list()
    assert [example["text"] for example in length["examples"]] == ["x" * 199 + "…", "x" * 200]
    assert secret["examples"][0]["text"] is None


@pytest.mark.parametrize(
    ("reached", "rejected", "most"), [(10, 5, False), (10, 6, True), (1, 1, True), (0, 0, False), (3, 1, False)]
)
def test_more_than_half_is_most(reached: int, rejected: int, most: bool) -> None:
    entry: dict[str, Any] = {"reached": reached, "rejected": rejected}
    assert rejects_most(entry) is most
