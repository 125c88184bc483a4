from typing import Any

import pytest

pytest.importorskip("scipy")

from synth_builder.scoring.statistics.paired_scores import pair_scores
from tests.publishing.films import films_scores

LABELS = [0, 1] * 10
RIGHT = LABELS
HALF = [0] * 20


def test_scores_on_the_same_test_rows_are_compared() -> None:
    found = pair_scores(films_scores(LABELS, HALF, HALF), films_scores(LABELS, RIGHT, RIGHT))
    assert found.untested == ()
    (regime,) = found.regimes
    assert (regime.title, regime.comparison.verdict, regime.comparison.rows) == ("synthetic", "better", 20)
    assert (regime.comparison.baseline, regime.comparison.candidate) == (0.5, 1.0)
    back = pair_scores(films_scores(LABELS, RIGHT, RIGHT), films_scores(LABELS, HALF, HALF))
    assert back.regimes[0].comparison.verdict == "worse"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"test": "u" * 64}, "No paired test: the test rows are not the same."),
        ({"classifier": "sha256:1"}, "No paired test: the classifiers are not the same."),
        (
            {"test": "u" * 64, "classifier": "sha256:1"},
            "No paired test: the test rows and the classifiers are not the same.",
        ),
    ],
)
def test_what_can_not_be_compared_is_not(changed: dict[str, Any], reason: str) -> None:
    found = pair_scores(films_scores(LABELS, HALF), films_scores(LABELS, RIGHT, **changed))
    assert (found.regimes, found.untested) == ((), (reason,))


def test_methods_are_not_compared_with_each_other() -> None:
    probed = films_scores(LABELS, RIGHT).model_copy(update={"method": "probe"})
    assert pair_scores(films_scores(LABELS, HALF), probed).untested == (
        "No paired test: the methods are not the same.",
    )


def test_labels_in_another_order_are_not_compared() -> None:
    turned = films_scores(LABELS, RIGHT).model_copy(update={"label_names": ("positive", "negative")})
    assert pair_scores(films_scores(LABELS, HALF), turned).untested == (
        "No paired test: the labels are not the same.",
    )


def test_predictions_that_were_not_kept_are_told() -> None:
    scores = films_scores(LABELS, RIGHT)
    run = scores.results[0].runs[0].model_copy(update={"predictions": None})
    result = scores.results[0].model_copy(update={"runs": (run,)})
    lacking = scores.model_copy(update={"results": (result,)})
    told = ("No paired test of synthetic: the predictions were not kept.",)
    assert pair_scores(lacking, scores).untested == pair_scores(scores, lacking).untested == told
    none = scores.model_copy(update={"test_labels": None})
    assert pair_scores(none, none).untested == ("No paired test: the predictions were not kept.",)


def test_augmented_regimes_need_the_same_real_rows_and_the_regime_real_says_nothing() -> None:
    scores = films_scores(LABELS, RIGHT)
    synthetic = scores.results[0]
    with_real = scores.model_copy(
        update={
            "real": scores.test,
            "results": (
                synthetic.model_copy(update={"regime": "real", "real_rows": 4}),
                synthetic.model_copy(update={"regime": "augmented", "real_rows": 4}),
            ),
        }
    )
    other = with_real.model_copy(update={"real": scores.test.model_copy(update={"fingerprint": "r" * 64})})
    assert [one.title for one in pair_scores(with_real, with_real).regimes] == ["real 4 + synthetic"]
    assert pair_scores(with_real, other).untested == (
        "No paired test of real 4 + synthetic: the real rows are not the same.",
    )
    assert pair_scores(scores, with_real).untested == ("No paired test: no regime was scored on both sides.",)


def test_without_scipy_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    (told,) = pair_scores(films_scores(LABELS, HALF), films_scores(LABELS, RIGHT)).untested
    assert told.startswith("No paired test. This needs the package 'scipy") and "synth-builder[score]" in told
