from collections.abc import Sequence
from dataclasses import dataclass

from synth_builder.scoring.results.early_stopping import early_stopping_note
from synth_builder.scoring.results.regime_scores import RegimeScores, Spread
from synth_builder.scoring.results.scores import Scores

NUMBERS = ("rows",)
"""Columns that are set to the right."""


@dataclass(frozen=True)
class ScoreTable:
    """
    The scores of variants, ready to be shown.

    Args:
        title (`str`):
            What was tested on, and how.
        header (`tuple[str, ...]`):
            Names of the columns.
        rows (`tuple[tuple[str, ...], ...]`):
            The baselines, real rows alone (only once, they are shared), and a row per variant and way of training.
        sections (`tuple[tuple[str, tuple[str, ...]], ...]`):
            What the numbers say: a heading, and a sentence each.
        notes (`tuple[str, ...]`):
            What a reader has to know.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, scores: Sequence[Scores]) -> "ScoreTable":
        """
        Make the table.

        Args:
            scores (`Sequence[Scores]`):
                Variants that were scored on the same test rows; at least one.
        """
        first = scores[0]
        by_words = any(result.tfidf_accuracy for each in scores for result in each.results)
        majority = first.majority
        rows = [
            _row("", f"nothing: always {majority.label}", 0, f"{majority.accuracy:.3f}", f"{majority.macro_f1:.3f}")
        ]
        if first.random_guess is not None:
            rows.append(_row("", "nothing: guessing by share", 0, f"{first.random_guess.accuracy:.3f}"))
        rows += [_scored("", result) for result in first.results if result.regime == "real"]
        rows += [
            _scored(each.variant, result) for each in scores for result in each.results if result.regime != "real"
        ]
        header = ("variant", "trained on", "rows", "accuracy", "95 % interval", "macro-F1", "TF-IDF")
        shown = [
            position
            for position, name in enumerate(header)
            if (name != "TF-IDF" or by_words) and (name != "95 % interval" or any(row[position] for row in rows))
        ]
        told = early_stopping_note(scores)
        seeds = "1 seed" if len(first.seeds) == 1 else f"{len(first.seeds)} seeds (mean ± standard deviation)"
        return cls(
            title=f"{first.test.rows} test rows of {first.test.reference}; {first.trained}, {seeds}",
            header=tuple(header[position] for position in shown),
            rows=tuple(tuple(row[position] for position in shown) for row in rows),
            sections=_sections(scores),
            notes=tuple(dict.fromkeys([*(note for each in scores for note in each.notes), *([told] if told else [])])),
        )

    def __str__(self) -> str:
        """In plain text, best read in a fixed-width font."""
        whole = (self.header, *self.rows)
        widths = [max(len(row[column]) for row in whole) for column in range(len(self.header))]
        lines = [self.title, ""]
        for number, row in enumerate(whole):
            cells = [
                cell.rjust(width) if name in NUMBERS else cell.ljust(width)
                for name, cell, width in zip(self.header, row, widths, strict=True)
            ]
            lines.append("  ".join(cells).rstrip())
            if number == 0:
                lines.append("  ".join("-" * width for width in widths))
        for heading, sentences in self.sections:
            lines += ["", heading, *(f"  {sentence}" for sentence in sentences)]
        return "\n".join(lines + ([""] if self.notes else []) + [f"Note: {note}" for note in self.notes])


def shown_spread(spread: Spread) -> str:
    """A measure over the seeds: mean and standard deviation, or the one value that there is."""
    return f"{spread.mean:.3f}" if spread.std is None else f"{spread.mean:.3f} ± {spread.std:.3f}"


def _scored(variant: str, result: RegimeScores) -> tuple[str, ...]:
    accuracy, by_words = result.accuracy, result.tfidf_accuracy
    return _row(
        variant,
        result.title,
        result.train_rows,
        shown_spread(accuracy),
        shown_spread(result.macro_f1),
        "" if accuracy.low is None else f"{accuracy.low:.3f} to {accuracy.high:.3f}",
        "" if by_words is None else f"{by_words.mean:.3f}",
    )


def _row(
    variant: str, trained: str, rows: int, accuracy: str, macro_f1: str = "", interval: str = "", by_words: str = ""
) -> tuple[str, ...]:
    return variant, trained, str(rows), accuracy, interval, macro_f1, by_words


def _sections(scores: Sequence[Scores]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    worth = tuple(f"{each.variant}: {each.worth}" for each in scores if each.worth is not None)
    gains = tuple(
        f"{each.variant}, {found}" for each in scores for found in each.differences if found.question == "gain"
    )
    variants = tuple(str(found) for each in scores for found in each.differences if found.question == "variant")
    compared = max((found.compared for each in scores for found in each.differences), default=0)
    corrected = f", Holm's correction over {compared} comparisons" if compared > 1 else ""
    sections = (
        ("Worth in real rows, for a classifier trained on the variant alone", worth),
        (f"What the variant adds to real rows (accuracy, 95 % interval{corrected})", gains),
        (f"Variants against each other, each alone (accuracy, 95 % interval{corrected})", variants),
    )
    return tuple(section for section in sections if section[1])
