import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, EngineInfo
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.without import NoEngine
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.journal import Journal
from synth_builder.generation.judging import Judge
from synth_builder.generation.setup import Setup, set_up
from synth_builder.generation.spool import Spool
from synth_builder.generation.tally import Tally
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.base import Strategy
from synth_builder.strategies.slot import Ask, Slot

INFO = EngineInfo(engine="scripted", model="scripted")


class Court:
    """A judge with everything that it writes to."""

    def __init__(self, setup: Setup, folder: Path) -> None:
        self.setup = setup
        self.strategy: Strategy = setup.strategy(INFO)
        self.tally = Tally(setup.plan().quotas)
        self.accepted = Spool(folder / "accepted.jsonl")
        self.rejections = Spool(folder / "rejections.jsonl")
        self.judge = Judge(self.strategy, setup.filters(), self.tally, self.accepted, self.rejections)
        self.asker = Asker(NoEngine(), Journal(folder / "journal.sqlite"), RetryPolicy())
        self.slots = list(setup.plan().slots())

    def decide(self, slot: Slot, text: str | None, failure: str | None = None) -> bool:
        completion = None if text is None else Completion(text, "stop", prompt_tokens=10, completion_tokens=5)
        draw, answer = self.strategy.draw(slot), Answer("key", completion, failure)
        ask = Ask((slot,))
        readings = asyncio.run(self.judge.read(ask, draw, answer, self.asker))
        (accepted,) = self.judge.settle(ask, draw, answer, readings)
        return accepted

    def slot(self, label: str | None, number: int = 0) -> Slot:
        return [slot for slot in self.slots if slot.label == label][number]

    def last_rejection(self) -> dict[str, Any]:
        return list(self.rejections.rows("train"))[-1][1]


@pytest.fixture
def court(recipe: Recipe, tmp_path: Path) -> Iterator[Court]:
    made = Court(set_up(recipe, "few_shot"), tmp_path)
    yield made
    made.accepted.close()
    made.rejections.close()


@pytest.fixture
def free_court(one_column: dict[str, Any], tmp_path: Path) -> Iterator[Court]:
    """The model gives the label itself."""
    one_column["variants"] = {"free": {"strategy": "zero_shot", "label_mode": "generated"}}
    made = Court(set_up(Recipe.from_dict(one_column, directory=tmp_path), "free"), tmp_path)
    yield made
    made.accepted.close()
    made.rejections.close()


def test_a_good_reply_becomes_a_row_that_says_where_it_is_from(court: Court) -> None:
    slot = court.slot("positive")
    assert court.decide(slot, "A lovely film about nothing much.")
    ((index, row),) = court.accepted.rows("train")
    assert index == slot.index
    shown = row["provenance"].pop("demonstrations")
    assert len(shown) == 2 and all(id.startswith("train:") for id in shown)
    assert row == {
        "text": "A lovely film about nothing much.",
        "label": "positive",
        "id": f"train-{slot.index}",
        "provenance": {
            "strategy": "few_shot",
            "prompt": court.strategy.prompt_id,
            "topic": None,
            "attributes": [],
            "checks": [],
            "request": "key",
            "seed": slot.seed,
            "draw": 0,
        },
    }
    assert (court.tally.asked, court.tally.rows) == (1, 1)
    assert (court.tally.prompt_tokens, court.tally.completion_tokens) == (10, 5)
    court.tally.balance()


def test_a_failure_is_written_down_with_its_text(court: Court) -> None:
    slot = court.slot("negative")
    assert not court.decide(slot, None, "the prompt is too long")
    assert court.last_rejection() == {
        "split": "train",
        "slot": slot.index,
        "draw": 0,
        "label": "negative",
        "reason": "failed",
        "detail": "the prompt is too long",
        "raw": None,
        "columns": None,
        "request": "key",
    }
    assert (court.tally.asked, court.tally.failed, court.tally.rejected.total()) == (1, 1, 0)
    court.tally.balance()


def test_a_reply_that_gives_no_row_is_written_down_with_its_raw_text(court: Court) -> None:
    assert not court.decide(court.slot("negative"), "  \n ")
    rejection = court.last_rejection()
    assert (rejection["reason"], rejection["raw"], rejection["columns"]) == ("empty", "  \n ", None)
    assert court.tally.rejected == {"empty": 1}
    court.tally.balance()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Too short.", "too_short"),
        ("As an AI language model, I cannot write a review.", "refusal"),
        ("Label: positive and a good film it is.", "label_leakage"),
        ("Sharp dialogue carries this clever mystery.", "contamination"),
    ],
)
def test_what_a_filter_objects_to_is_written_down_as_it_was_read(court: Court, text: str, reason: str) -> None:
    assert not court.decide(court.slot("positive"), f'"{text}"')
    rejection = court.last_rejection()
    assert (rejection["reason"], rejection["raw"], rejection["columns"]) == (reason, f'"{text}"', {"text": text})
    assert rejection["detail"]
    assert court.tally.rejected_labels == {reason: {"positive": 1}}
    court.tally.balance()


def test_a_copy_of_a_shown_row_is_rejected(court: Court) -> None:
    slot = court.slot("positive")
    shown = court.strategy.draw(slot).ingredients.demonstrations[0]
    assert not court.decide(slot, shown.columns["text"])
    assert court.last_rejection()["reason"] == "demonstration_copy"


def test_only_rows_that_were_kept_count_as_duplicates(court: Court) -> None:
    first, second = court.slot("positive", 0), court.slot("positive", 1)
    assert not court.decide(first, "Too short.")
    assert court.decide(first, "A lovely film about nothing much.")
    assert not court.decide(second, "A lovely film about nothing much.")
    assert court.tally.rejected == {"too_short": 1, "duplicate": 1}


def test_rows_of_a_full_label_are_not_kept_nor_remembered(free_court: Court) -> None:
    texts = iter(f"Film number {number} was {number} times as bad as most." for number in range(100))
    slots = [slot for slot in free_court.slots if slot.split == "train"]
    for slot in slots[:6]:
        assert free_court.decide(slot, f"Text: {next(texts)}\nLabel: negative")
    assert not free_court.decide(slots[6], "Text: Yet another film that nobody needed.\nLabel: negative")
    assert free_court.last_rejection()["reason"] == "label_full"
    assert free_court.decide(slots[6], "Text: Yet another film that nobody needed.\nLabel: positive")
    free_court.tally.balance()


def test_a_label_that_the_task_does_not_have_is_never_guessed(free_court: Court) -> None:
    slot = free_court.slots[0]
    assert not free_court.decide(slot, "Text: A film that could be anything at all.\nLabel: mixed")
    rejection = free_court.last_rejection()
    assert (rejection["reason"], rejection["label"]) == ("unknown_label", None)
    assert "'mixed' is none of: negative, positive" in rejection["detail"]
    assert free_court.tally.rejected_labels == {"unknown_label": {"?": 1}}


def test_the_draw_is_told_in_the_row(court: Court) -> None:
    slot = replace(court.slot("positive"), draw=3)
    assert court.decide(slot, "A lovely film about nothing much.")
    assert next(court.accepted.rows("train"))[1]["provenance"]["draw"] == 3


def test_each_filter_is_counted_with_what_reached_it(court: Court) -> None:
    slot = court.slot("positive")
    for text in (
        "Too short.",
        "As an AI language model, I cannot write a review.",
        "A lovely film about nothing much.",
    ):
        court.decide(slot, text)
    found = {entry["name"]: (entry["reached"], entry["rejected"]) for entry in court.judge.report.to_list()}
    assert found == {
        "length": (3, 1),
        "refusal": (2, 1),
        "label_leakage": (1, 0),
        "duplicates": (1, 0),
        "demonstration_copies": (1, 0),
        "contamination": (1, 0),
    }
    (example,) = court.judge.report.to_list()[0]["examples"]
    assert (example["label"], example["reason"], example["text"]) == ("positive", "too_short", "Too short.")
