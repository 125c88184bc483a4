from collections.abc import Sequence

from synth_builder.scoring.regime_scores import Spread
from synth_builder.scoring.scores import Scores


def score_table(scores: Sequence[Scores]) -> str:
    """
    The scores of variants as a table in plain text, best read in a fixed-width font.

    Args:
        scores (`Sequence[Scores]`):
            Variants that were scored on the same test rows; at least one.

    Returns:
        `str`: What was tested on and how, rows for the baselines, a row per variant and regime (real rows
        alone only once, they are shared), and the notes.
    """
    first = scores[0]
    rows: list[tuple[str, ...]] = [("variant", "trained on", "rows", "accuracy", "macro-F1")]
    majority = first.majority
    rows.append(("", f"nothing: always {majority.label}", "0", f"{majority.accuracy:.3f}", f"{majority.macro_f1:.3f}"))
    if first.random_guess is not None:
        rows.append(("", "nothing: guessing by share", "0", f"{first.random_guess.accuracy:.3f}", ""))
    for result in (result for result in first.results if result.regime == "real"):
        rows.append(("", result.title, str(result.train_rows), _spread(result.accuracy), _spread(result.macro_f1)))
    for score in scores:
        for result in score.results:
            if result.regime != "real":
                rows.append(
                    (
                        score.variant,
                        result.title,
                        str(result.train_rows),
                        _spread(result.accuracy),
                        _spread(result.macro_f1),
                    )
                )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        f"{first.test.rows} test rows of {first.test.reference}; {first.trained}, "
        f"{len(first.seeds)} {'seed' if len(first.seeds) == 1 else 'seeds (mean ± standard deviation)'}",
        "",
    ]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column == 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    notes = list(dict.fromkeys(note for score in scores for note in score.notes))
    return "\n".join(lines + ([""] if notes else []) + [f"Note: {note}" for note in notes])


def _spread(spread: Spread) -> str:
    return f"{spread.mean:.3f}" if spread.std is None else f"{spread.mean:.3f} ± {spread.std:.3f}"
