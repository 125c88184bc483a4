from dataclasses import dataclass

from synth_builder.errors import MissingExtraError
from synth_builder.scoring.choices import Regime
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.significance import PairedComparison, compare_predictions


@dataclass(frozen=True)
class RegimeComparison:
    """
    Two scores of one regime, compared row by row.

    Args:
        regime (`"synthetic"` or `"augmented"`):
            What was trained on.
        real_rows (`int`, *optional*):
            Real rows among them; `None` in the regime `synthetic`.
        title (`str`):
            The regime in words.
        comparison (`PairedComparison`):
            The verdict, with what it rests on.
    """

    regime: Regime
    real_rows: int | None
    title: str
    comparison: PairedComparison


@dataclass(frozen=True)
class PairedScores:
    """
    What two scores say about each other.

    Args:
        regimes (`tuple[RegimeComparison, ...]`):
            One per regime that both were scored in. The regime `real` says nothing of the rows and is left out.
        untested (`tuple[str, ...]`):
            Why there is no paired test, of everything or of a regime; a sentence each.
    """

    regimes: tuple[RegimeComparison, ...] = ()
    untested: tuple[str, ...] = ()


def pair_scores(baseline: Scores, candidate: Scores) -> PairedScores:
    """
    Compare two scores on the same test rows; see `compare_predictions` for what is tested. Only what can be compared
    is: the same test rows, labels, classifier, method, loss and hyperparameters, and kept predictions.

    Args:
        baseline (`Scores`):
            The earlier one.
        candidate (`Scores`):
            The later one, about which `better` and `worse` are said.
    """
    obstacle = _obstacle(baseline, candidate)
    if obstacle is not None:
        return PairedScores(untested=(obstacle,))
    assert candidate.test_labels is not None  # or there would be an obstacle
    compared, untested = [], []
    theirs = {result.cell: result for result in baseline.results}
    for result in candidate.results:
        other = theirs.get(result.cell)
        if result.regime == "real" or other is None:
            continue
        if result.regime == "augmented" and _fingerprint(baseline) != _fingerprint(candidate):
            untested.append(f"No paired test of {result.title}: the real rows are not the same.")
            continue
        before, after = other.predictions, result.predictions
        if before is None or after is None:
            untested.append(f"No paired test of {result.title}: the predictions were not kept.")
            continue
        try:
            found = compare_predictions(candidate.test_labels, before, after)
        except MissingExtraError as error:
            return PairedScores(untested=(f"No paired test. {error}",))
        compared.append(RegimeComparison(result.regime, result.real_rows, result.title, found))
    if not compared and not untested:
        untested.append("No paired test: no regime was scored on both sides.")
    return PairedScores(tuple(compared), tuple(untested))


def _obstacle(baseline: Scores, candidate: Scores) -> str | None:
    different = {
        "test rows": (baseline.test.fingerprint, candidate.test.fingerprint),
        "labels": (baseline.label_names, candidate.label_names),
        "classifiers": (baseline.classifier, candidate.classifier),
        "methods": (baseline.method, candidate.method),
        "losses": (baseline.loss, candidate.loss),
        "hyperparameters": (baseline.hyperparameters, candidate.hyperparameters),
    }
    found = [name for name, (one, other) in different.items() if one != other]
    if found:
        return f"No paired test: the {' and the '.join(found)} are not the same."
    if candidate.test_labels is None or baseline.test_labels != candidate.test_labels:
        return "No paired test: the predictions were not kept."
    return None


def _fingerprint(scores: Scores) -> str | None:
    return scores.real.fingerprint if scores.real is not None else None
