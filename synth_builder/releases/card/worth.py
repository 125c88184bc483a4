"""What a dataset is worth, in a table that fits on the first screen of a card. Without scores there is none."""

import re
from collections.abc import Mapping

from synth_builder.releases.card.markdown import escaped, table
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.results.table import shown_spread


def worth_tables(scores: Mapping[str, Scores]) -> list[tuple[str, str]]:
    """
    Accuracy by variant and by what was trained on. Variants that were scored in one way share a table.

    Args:
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some.

    Returns:
        `list[tuple[str, str]]`: A table and a sentence on how it was measured, each as Markdown.
    """
    ways: dict[tuple[object, ...], dict[str, Scores]] = {}
    for name, found in scores.items():
        way = (
            found.classifier,
            found.loss,
            found.method,
            found.hyperparameters,
            found.machine.mixed_precision,
            found.seeds,
            found.test.fingerprint,
        )
        ways.setdefault(way, {})[name] = found
    return [(_table(alike), _measured(next(iter(alike.values())))) for alike in ways.values()]


def worth_in_real_rows(found: Scores) -> str | None:
    """
    How many real rows do as much as the synthetic ones alone: read off the learning curve, with its interval, where
    the scores tell. Files of earlier versions do not; of them it is between which numbers of real rows that were tried
    the synthetic ones lie, by mean accuracy. `None` where there is nothing to compare.
    """
    if found.worth is not None:
        return str(found.worth)
    alone = Cell("synthetic")
    synthetic = next((result.accuracy.mean for result in found.results if result.cell == alone), None)
    real = sorted((r.real_rows, r.accuracy.mean) for r in found.results if r.regime == "real" and r.real_rows)
    if synthetic is None or not real:
        return None
    better = next((rows for rows, accuracy in real if accuracy > synthetic), None)
    if better is None:
        return f"{real[-1][0]} or more"
    fewer = [rows for rows, _ in real if rows < better]
    return f"{fewer[-1]} to {better}" if fewer else f"fewer than {better}"


def _table(scores: Mapping[str, Scores]) -> str:
    order = {"synthetic": 0, "real": 1, "augmented": 2}
    regimes = sorted(
        {
            (order[result.regime], result.real_rows or 0, _title(result))
            for s in scores.values()
            for result in _with_all_rows(s)
        }
    )
    titles = [title for _, _, title in regimes]
    worth = {name: worth_in_real_rows(found) for name, found in scores.items()}
    header = ["variant", *titles]
    if any(worth.values()):
        header.insert(2, "worth, in real rows")  # beside the synthetic rows, which it is about
    rows = []
    for name, found in scores.items():
        by_title = {
            _title(result): shown_spread(result.accuracy).replace(" ", "\u00a0") for result in _with_all_rows(found)
        }
        cells = [f"`{name}`", *(by_title.get(title, "") for title in titles)]
        if any(worth.values()):
            cells.insert(2, _unbroken(worth[name] or ""))
        rows.append(cells)
    return table(header, rows)


def _with_all_rows(found: Scores) -> list[RegimeScores]:
    """Without the points of quantity curves, which would be many columns; the full table has them."""
    return [result for result in found.results if result.synthetic_rows is None]


def _title(result: RegimeScores) -> str:
    if result.regime == "synthetic":
        return "synthetic rows"
    return f"{result.real_rows} real rows" if result.regime == "real" else f"{result.real_rows} real + synthetic"


def _unbroken(worth: str) -> str:
    """In lines of some words each: the column of a wide table would else be one word wide."""
    return re.sub(r" (?!\(|to )", "\u00a0", worth)


def _classifier(found: Scores) -> str:
    if found.method == "fine_tuning":
        return escaped(f"{found.classifier.name}, fine-tuned{found.precision}{found.otherwise}")
    return f"{escaped(found.trained)}, fitted"


def _measured(found: Scores) -> str:
    over = f" (mean ± standard deviation over {len(found.seeds)} seeds)" if len(found.seeds) > 1 else ""
    return (
        f"Accuracy{over} of {_classifier(found)} on each and tested on {found.test.rows} real "
        f"rows; always answering `{found.majority.label}` gives {found.majority.accuracy:.3f}."
    )
