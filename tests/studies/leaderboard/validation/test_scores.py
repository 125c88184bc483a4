"""Scores have to be such as trainings can reach on the test rows of a task."""

import random
from typing import Any

import pytest

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.validation.scores import of_test_rows
from tests.studies.leaderboard.handed_in import small

RESULTS = small()
SIX = tuple("abcdef")


def told(accuracies: tuple[float, ...], macro_f1: float | Spread = 0.0, **changes: Any) -> list[str]:
    """Of 500 test rows with two labels, 260 of one of them; `changes` replace fields of the task."""
    spread = {"low": None, "high": None} | changes.pop("interval", {})
    cell = RESULTS.cells[0].model_copy(
        update={
            "accuracies": accuracies,
            "accuracy": Spread(mean=sum(accuracies) / len(accuracies), std=changes.pop("std", None), **spread),
            "macro_f1": macro_f1 if isinstance(macro_f1, Spread) else Spread(mean=macro_f1, std=None),
        }
    )
    return [*of_test_rows(cell, RESULTS.tasks[0].model_copy(update=changes))]


def test_accuracies_are_whole_numbers_of_the_test_rows() -> None:
    assert told((0.5, 251 / 500, 1.0)) == told((1 / 3, 2 / 3), test_rows=3) == []
    assert told((5_000_001 / 9_999_999,), test_rows=9_999_999) == []
    assert told((0.5, 0.5011)) == ["accuracies[1] is 0.5011; of 500 test rows that would be 250.55"]


def test_macro_f1_of_two_labels_is_no_more_than_the_accuracy() -> None:
    assert told((0.52, 0.52), 0.52) == []
    assert told((0.52, 0.52), 0.9) == [
        "macro_f1.mean is 0.9; with an accuracy of 0.52 and 2 labels, it is 0.52 at most"
    ]


def test_macro_f1_of_more_labels_has_a_bound_by_the_commonest() -> None:
    # Six labels of a sixth each, 0.4 of each of them missed and nothing wrongly predicted: 2 * 0.6 / 1.6 = 0.75.
    even = {"labels": SIX, "majority_accuracy": 1 / 6, "test_rows": 600}
    assert told((0.6,), 0.75, **even) == []
    assert told((0.6,), 0.7501, **even)[0].startswith("macro_f1.mean is 0.7501; with an accuracy of 0.6 and 6 labels")
    # All test rows have one of two labels, and the other one is wrongly predicted: 2 * 0.5 / 1.5.
    alone = {"majority_accuracy": 1.0}
    assert told((0.5,), 2 / 3, **alone) == []


def test_intervals_are_as_wide_as_the_test_rows_make_them() -> None:
    # A standard error of 1,500 answers is 0.0129; honest intervals have about four of them.
    half = (0.5, 0.5, 0.5)
    assert told(half, interval={"low": 0.493, "high": 0.507}) == []
    assert told(half, interval={"low": 0.499999, "high": 0.500001}) == [
        "accuracy has the interval [0.499999, 0.500001]; 500 test rows and 3 trainings give one that is 0.013 wide or "
        "more"
    ]
    point = {"low": 1.0, "high": 1.0}
    assert told((1.0, 1.0), interval=point) == told((0.0,), interval={"low": 0.0, "high": 0.0}) == []


def test_intervals_are_as_wide_as_the_seeds_make_them() -> None:
    # 0.4, 0.5 and 0.6 have a deviation of 0.1, and half of 0.1 / sqrt(3) is 0.0289.
    seeds = (0.4, 0.5, 0.6)
    assert told(seeds, std=0.1, interval={"low": 0.485, "high": 0.515}) == []
    assert "0.029 wide or more" in told(seeds, std=0.1, interval={"low": 0.49, "high": 0.51})[0]
    of_six = {"labels": SIX, "majority_accuracy": 0.5}
    narrow = Spread(mean=0.3, std=0.1, low=0.299999, high=0.300001)
    assert "macro_f1 has the interval" in told(seeds, narrow, **of_six)[0]


def test_the_interval_of_macro_f1_is_asked_for_less_and_with_two_labels_only() -> None:
    # A quarter of 0.0129 is 0.0032.
    half = (0.5, 0.5, 0.5)

    def spread(width: float) -> Spread:
        return Spread(mean=0.4, std=0.0, low=0.4 - width / 2, high=0.4 + width / 2)

    assert told(half, spread(0.0033)) == []
    assert "macro_f1 has the interval" in told(half, spread(0.0031))[0]
    assert told(half, spread(0.0), labels=SIX, majority_accuracy=0.5) == []


def test_nothing_is_said_of_a_task_that_is_not_there() -> None:
    assert [*of_test_rows(RESULTS.cells[0], None)] == []


KINDS = ("some right", "all the same", "opposite", "constant", "few wrong", "few right", "right in some seeds")


def answers(draw: random.Random, kind: str, labels: list[int], count: int, seeds: int) -> list[list[int]]:
    """What trainings may answer, however oddly."""

    def wrong(label: int) -> int:
        return (label + draw.randrange(1, count)) % count

    share = draw.random()
    first = [label if draw.random() < share else wrong(label) for label in labels]
    if kind == "all the same":
        return [first] * seeds
    if kind == "opposite":
        other = [wrong(label) if label == given else label for label, given in zip(labels, first, strict=True)]
        return [first if seed % 2 == 0 else other for seed in range(seeds)]
    if kind == "constant":
        return [[draw.randrange(count)] * len(labels)] * seeds
    if kind in ("few wrong", "few right"):
        missed = [wrong(label) for label in labels]
        usual, odd = (labels, missed) if kind == "few wrong" else (missed, labels)
        runs = [[*usual] for _ in range(seeds)]
        for _ in range(draw.randint(1, 3)):
            row = draw.randrange(len(labels))
            draw.choice(runs)[row] = odd[row]
        return runs
    if kind == "right in some seeds":
        runs = [[*labels] for _ in range(seeds)]
        for row, label in enumerate(labels):
            for seed in draw.sample(range(seeds), seeds // 2):
                runs[seed][row] = wrong(label)
        return runs
    return [[label if draw.random() < share else wrong(label) for label in labels] for _ in range(seeds)]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_trainings_answer_their_scores_pass(kind: str) -> None:
    pytest.importorskip("sklearn")
    from synth_builder.scoring.metrics import measure
    from synth_builder.scoring.statistics.intervals import bootstrap_intervals

    draw = random.Random(kind)
    for rows in (1, 2, 3, 4, 7, 20, 150):
        for seeds in (1, 2, 3, 5):
            for count in (2, 3, 6):
                weights = [draw.random() ** 3 + 0.01 for _ in range(count)]
                labels = draw.choices(range(count), weights, k=rows)
                runs = answers(draw, kind, labels, count, seeds)
                found = [measure(labels, run, count) for run in runs]
                intervals = bootstrap_intervals(labels, runs)
                cell = RESULTS.cells[0].model_copy(
                    update={
                        "accuracies": tuple(each.accuracy for each in found),
                        "accuracy": Spread.of([each.accuracy for each in found], intervals.accuracy),
                        "macro_f1": Spread.of([each.macro_f1 for each in found], intervals.macro_f1),
                    }
                )
                commonest = max(map(labels.count, range(count))) / rows
                names = tuple(f"label {number}" for number in range(count))
                task = RESULTS.tasks[0].model_copy(
                    update={"labels": names, "test_rows": rows, "majority_accuracy": commonest}
                )
                assert [*of_test_rows(cell, task)] == [], (rows, seeds, count)
