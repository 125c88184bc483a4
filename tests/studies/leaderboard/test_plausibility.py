"""What can't be true in results is found, with its place."""

from typing import Any

import pytest

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.plausibility import implausible
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.leaderboard.handed_in import small
from tests.studies.made_up import made_up, spread


def with_first(part: str, **changes: Any) -> StudyResults:
    results = small()
    first, *others = getattr(results, part)
    return results.model_copy(update={part: (first.model_copy(update=changes), *others)})


def test_nothing_is_wrong_with_honest_results() -> None:
    assert implausible(made_up()) == []


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
        (with_first("differences", asked="variant"), "differences[0] compares the variant 'real 100', which 'sst2'"),
        (with_first("skills", accuracy=spread(1.0)), "skills[0].accuracy has the interval [0.98, 1.02]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(results: StudyResults, told: str) -> None:
    assert any(told in sentence for sentence in implausible(results))


def test_ends_may_miss_0_and_1_by_rounding() -> None:
    # What the weights of 11, 12 or 14 seeds add up to.
    over, under = 1.0000000000000002, -2.220446049250313e-16
    for mean, low, high in ((1.0, 1.0, over), (over, over, over), (0.0, under, 0.0), (1.0, over, 1.0)):
        cell = {"accuracies": (round(mean),), "accuracy": Spread(mean=mean, std=None, low=low, high=high)}
        assert implausible(with_first("cells", **cell)) == []
    wide = Spread(mean=1.0, std=None, low=1.0, high=1.0001)
    assert "expected both ends in order" in implausible(with_first("cells", accuracies=(1.0,), accuracy=wide))[0]


def test_scores_without_an_interval_are_plausible() -> None:
    bare = Spread(mean=0.5, std=0.0)
    assert implausible(with_first("cells", accuracies=(0.5, 0.5), accuracy=bare, macro_f1=bare)) == []


def test_macro_f1_may_lie_a_little_beside_its_interval() -> None:
    assert implausible(with_first("cells", macro_f1=Spread(mean=0.51, std=None, low=0.4, high=0.5))) == []
    assert implausible(with_first("cells", macro_f1=Spread(mean=0.53, std=None, low=0.4, high=0.5)))


def test_a_difference_of_variants_and_of_fewer_rows_is_known() -> None:
    variants = with_first("differences", asked="variant", baseline="few_shot", candidate="zero_shot")
    fewer = with_first("differences", asked="more", baseline="synthetic 50", candidate="synthetic")
    assert implausible(variants) == implausible(fewer) == []
