"""What can't be true in results is found, with its place."""

from pathlib import Path
from typing import Any

import pytest

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.validation.plausibility import implausible
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.leaderboard.handed_in import small
from tests.studies.made_up import made_up, spread


def with_first(part: str, **changes: Any) -> StudyResults:
    results = small()
    first, *others = getattr(results, part)
    return results.model_copy(update={part: (first.model_copy(update=changes), *others)})


def with_cell_alone(**changes: Any) -> StudyResults:
    """With no comparisons, which another accuracy contradicts; macro-F1 is the accuracy."""
    results = with_first("cells", **{"macro_f1": changes.get("accuracy"), **changes})
    return results.model_copy(update={"differences": ()})


def with_measures(part: str, **changes: Any) -> StudyResults:
    measured = getattr(small().variants[0], part)
    return with_first("variants", **{part: measured.model_copy(update=changes)})


CASE_STUDY = Path(__file__).parents[4] / "benchmarks" / "results" / "case_study" / "results.json"


def test_nothing_is_wrong_with_honest_results() -> None:
    assert implausible(made_up()) == implausible(StudyResults.read(CASE_STUDY)) == []


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (with_first("cells", accuracies=(0.5, 1.2)), "cells[0].accuracies[1] is 1.2; expected 0 to 1"),
        (with_first("cells", accuracies=()), "cells[0].accuracies is empty"),
        (with_first("cells", accuracies=(0.1, 0.2)), "; the mean of its accuracies is 0.15"),
        (
            with_first("cells", accuracies=(0.5, 0.5), accuracy=Spread(mean=0.5, std=0.0, low=0.6, high=0.7)),
            "cells[0].accuracy has the mean 0.5 outside of its interval [0.6, 0.7]",
        ),
        (
            with_first("cells", accuracies=(0.5,), accuracy=Spread(mean=0.5, std=None, low=0.4)),
            "cells[0].accuracy has one end of an interval and not the other",
        ),
        (
            with_first("cells", macro_f1=Spread(mean=0.5, std=None, low=0.6, high=0.4)),
            "cells[0].macro_f1 has the interval [0.6, 0.4]; expected both ends in order",
        ),
        (with_first("cells", macro_f1=Spread(mean=1.5, std=None, low=1, high=1)), "macro_f1 has the mean 1.5"),
        (with_first("cells", seconds=float("nan")), "cells[0].seconds is nan; expected a finite number"),
        (with_first("cells", task="other"), "cells[0] is about the task 'other', which the file does not have"),
        (with_first("cells", classifier="other"), "cells[0] is about the classifier 'other'"),
        (with_first("cells", variant="zero_shot"), "cells[0] has the regime 'real' and the variant 'zero_shot'"),
        (with_first("cells", regime="synthetic", variant="other"), "about the variant 'other', which 'sst2' does not"),
        (
            with_first("cells", real_rows=1000),
            "cells[1] stands there a second time: real rows, real 1000",
        ),
        (with_first("differences", baseline="real 77"), "differences[0] compares 'real 77', and there are no such"),
        (with_first("differences", asked="variant"), "differences[0] compares the variant 'real 100', and there"),
        (with_first("skills", accuracy=spread(1.0)), "skills[0].accuracy has the interval [0.98, 1.02]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(results: StudyResults, told: str) -> None:
    assert any(told in sentence for sentence in implausible(results))


# Of made-up results: 200 rows of each variant, 2,000 real rows, 500 test rows, 3 seeds; the first cell is `real 100`.
CLEAR = {"difference": 0.2, "low": 0.1, "high": 0.3, "p_value": 0.01, "adjusted_p_value": 0.04, "verdict": "better"}
SPANS = {**CLEAR, "low": -0.1}
SYNTHETIC = {"regime": "synthetic", "variant": "zero_shot", "real_rows": None, "synthetic_rows": 60, "train_rows": 60}
THREE = (0.4, 0.5, 0.6)


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (with_first("differences", p_value=-0.1), "differences[0].p_value is -0.1; expected 0 to 1"),
        (with_first("differences", adjusted_p_value=7.0), "differences[0].adjusted_p_value is 7.0; expected 0 to 1"),
        (
            with_first("differences", p_value=0.5, adjusted_p_value=0.3),
            "differences[0].adjusted_p_value is 0.3, less than its p_value 0.5",
        ),
        (
            with_first("differences", **SPANS),
            "differences[0].verdict is 'better', and the interval [-0.1, 0.3] does not lie above 0",
        ),
        (
            with_first("differences", **{**CLEAR, "verdict": "worse"}),
            "differences[0].verdict is 'worse', and the interval [0.1, 0.3] does not lie below 0",
        ),
        (
            with_first("differences", **{**CLEAR, "adjusted_p_value": 0.05}),
            "differences[0].verdict is 'better', and adjusted_p_value is 0.05; expected less than 0.05",
        ),
        (
            with_first("differences", **{**CLEAR, "difference": 0.4}),
            "differences[0].difference is 0.4 with the interval [0.1, 0.3]; expected it to lie in there",
        ),
        (with_first("cells", mcc=Spread(mean=1.5, std=0.0)), "cells[0].mcc.mean is 1.5; expected -1 to 1"),
        (with_first("cells", weighted_f1=Spread(mean=1.5, std=0.0)), "weighted_f1.mean is 1.5; expected 0 to 1"),
        (with_first("cells", calibration_error=Spread(mean=-0.5, std=0.0)), "calibration_error.mean is -0.5"),
        (with_first("cells", mcc=Spread(mean=0.5, std=-1.0)), "cells[0].mcc.std is -1.0; expected 0 or more"),
        (with_first("cells", accuracies=(0.5, 0.6)), "cells[0].accuracies has 2 of 3 seeds"),
        (small(seeds=0), "seeds is 0; expected 1 or more"),
        (
            with_first("cells", accuracies=(0.25, 0.5, 0.75), accuracy=Spread(mean=0.5, std=0.1)),
            "cells[0].accuracy.std is 0.1; the standard deviation of its accuracies is 0.25",
        ),
        (
            with_first("cells", accuracies=THREE, accuracy=Spread(mean=0.5, std=0.1, low=0.5, high=0.5)),
            "cells[0].accuracy has the interval [0.5, 0.5], a point, and its accuracies differ",
        ),
        (with_first("cells", seconds=-1.0), "cells[0].seconds is -1.0; expected 0 or more"),
        (with_first("cells", train_rows=99), "cells[0].train_rows is 99, fewer than its real_rows 100"),
        (with_first("cells", train_rows=101), "cells[0].train_rows is 101, more than 100 real and 0 synthetic rows"),
        (
            with_first("cells", real_rows=2001, train_rows=2001),
            "cells[0].real_rows is 2001, and the task 'sst2' has 2000",
        ),
        (
            with_first("cells", **{**SYNTHETIC, "synthetic_rows": 201, "train_rows": 201}),
            "cells[0].synthetic_rows is 201, and the variant 'zero_shot' has 200",
        ),
        (
            with_first("cells", **{**SYNTHETIC, "real_rows": 10}),
            "cells[0].regime is 'synthetic', and real_rows is 10",
        ),
        (with_first("cells", synthetic_rows=50), "cells[0].regime is 'real', and synthetic_rows is 50"),
        (with_first("variants", label_counts={"negative": 100}), "label_counts has 100 rows, and rows is 200"),
        (
            with_first("variants", label_counts={"neutral": 200}),
            "variants[0].label_counts has the label 'neutral', which the task 'sst2' does not have",
        ),
        (
            with_first("variants", label_counts={"negative": 300, "positive": -100}),
            "variants[0].label_counts['positive'] is -100; expected 0 or more",
        ),
        (with_first("variants", requests=-1), "variants[0].requests is -1; expected 0 or more"),
        (with_first("variants", prompt_tokens=-1), "variants[0].prompt_tokens is -1"),
        (with_first("variants", completion_tokens=-1), "variants[0].completion_tokens is -1"),
        (with_first("variants", rejected={"length": -3}), "variants[0].rejected['length'] is -3"),
        (with_first("variants", task="other"), "variants[0] is about the task 'other', which the file does not"),
        (with_measures("variety", distinct={2: 1.5}), "variants[0].variety.distinct[2] is 1.5; expected 0 to 1"),
        (with_measures("variety", self_bleu={4: -0.5}), "variants[0].variety.self_bleu[4] is -0.5"),
        (with_measures("variety", vendi_score=0.5), "variants[0].variety.vendi_score is 0.5; expected 1 to 200"),
        (with_measures("variety", vendi_score=300.0), "variants[0].variety.vendi_score is 300.0; expected 1 to 200"),
        (with_measures("real_variety", remote_clique=2.5), "real_variety.remote_clique is 2.5; expected 0 to 2"),
        (with_measures("likeness", coverage=1.5), "variants[0].likeness.coverage is 1.5; expected 0 to 1"),
        (with_measures("likeness", similarity_to_real=-2.0), "similarity_to_real is -2.0; expected -1 to 1"),
        (
            with_first("tasks", majority_accuracy=0.4),
            "tasks[0].majority_accuracy is 0.4; the commonest of 2 labels has at least 1/2",
        ),
        (with_first("tasks", random_accuracy=1.5), "tasks[0].random_accuracy is 1.5; expected 0 to 1"),
        (with_first("tasks", test_rows=0), "tasks[0].test_rows is 0; expected 1 or more"),
        (
            with_first("tasks", real_label_counts={"negative": 1999}),
            "tasks[0].real_label_counts has 1999 rows, and real_rows is 2000",
        ),
        (
            with_first("cells", accuracies=(0.5011,) * 3),
            "accuracies[0] is 0.5011; of 500 test rows that would be 250.55",
        ),
        (
            with_first("cells", macro_f1=Spread(mean=0.95, std=None)),
            "cells[0].macro_f1.mean is 0.95; with an accuracy",
        ),
        (
            with_first("cells", macro_f1=Spread(mean=0.4, std=None, low=0.4, high=0.4)),
            "cells[0].macro_f1 has the interval [0.4, 0.4]; 500 test rows and 3 trainings",
        ),
        (with_first("differences", difference=0.0), "differences[0].difference is 0.0; the accuracies of"),
        (with_first("skills", unreadable=201), "skills[0].unreadable is 201; expected 0 to 200"),
        (with_first("skills", rows=501), "skills[0].rows is 501; expected 0 to 500"),
        (small(seconds=-1.0), "seconds is -1.0; expected 0 or more"),
        (small(created="yesterday"), "created is 'yesterday'; expected a time as ISO 8601 writes it"),
    ],
)
def test_numbers_that_contradict_each_other_or_what_they_are(results: StudyResults, told: str) -> None:
    found = implausible(results)
    assert any(told in sentence for sentence in found), found


def test_real_rows_that_are_test_rows_too_are_counted_and_not_trained_on() -> None:
    counts = {"negative": 1_041, "positive": 962}
    assert implausible(with_first("tasks", real_label_counts=counts)) == []


def test_one_training_has_no_deviation() -> None:
    results = small(seeds=1)
    alone = Spread(mean=0.5, std=None)
    bare = {"accuracies": (0.5,), "accuracy": alone, "macro_f1": alone}
    cells = tuple(cell.model_copy(update=bare) for cell in results.cells)
    assert implausible(results.model_copy(update={"cells": cells, "differences": ()})) == []


def test_ends_may_miss_0_and_1_by_rounding() -> None:
    # What the weights of 11, 12 or 14 seeds add up to.
    over, under = 1.0000000000000002, -2.220446049250313e-16
    for mean, low, high in ((1.0, 1.0, over), (over, over, over), (0.0, under, 0.0), (1.0, over, 1.0)):
        cell = {"accuracies": 3 * (round(mean),), "accuracy": Spread(mean=mean, std=0.0, low=low, high=high)}
        assert implausible(with_cell_alone(**cell)) == []
    wide = Spread(mean=1.0, std=0.0, low=1.0, high=1.0001)
    assert "expected both ends in order" in implausible(with_first("cells", accuracies=3 * (1.0,), accuracy=wide))[0]


def test_scores_without_an_interval_are_plausible() -> None:
    bare = Spread(mean=0.5, std=0.0)
    assert implausible(with_cell_alone(accuracies=(0.5, 0.5, 0.5), accuracy=bare)) == []


def test_macro_f1_may_lie_a_little_beside_its_interval() -> None:
    assert implausible(with_first("cells", macro_f1=Spread(mean=0.51, std=None, low=0.4, high=0.5))) == []
    assert implausible(with_first("cells", macro_f1=Spread(mean=0.53, std=None, low=0.4, high=0.5)))
