"""Small parts of a study, for findings that are worked out by hand."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.results.parts import Asked, CellScores, Finding, StudiedDifference, StudiedVariant
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import made_up

pytest.importorskip("scipy")

CLASSIFIER = "minilm probe"
SIX = ("a", "b", "c", "d", "e", "f")


def about(task: str, mean: float) -> float:
    """Numbers of `SIX` tasks around a mean that are not all the same: up to 0.0025 to each side."""
    return mean + 0.001 * (SIX.index(task) - 2.5)


def difference(
    task: str,
    found: float,
    asked: Asked = "gain",
    real_rows: int | None = 100,
    verdict: str = "within noise",
    variant: str = "zero_shot",
    **changes: Any,
) -> StudiedDifference:
    """Of the first classifier, with an interval of a point to each side."""
    values: dict[str, Any] = {
        "task": task,
        "classifier": CLASSIFIER,
        "variant": variant,
        "asked": asked,
        "baseline": "one",
        "candidate": "other",
        "real_rows": real_rows,
        "difference": found,
        "low": found - 0.01,
        "high": found + 0.01,
        "p_value": 0.5,
        "adjusted_p_value": 1.0,
        "verdict": verdict,
    }
    return StudiedDifference(**(values | changes))


def with_differences(differences: Iterable[StudiedDifference], **changes: Any) -> StudyResults:
    """A study of six tasks with these differences and nothing else that was compared."""
    return made_up(SIX, differences=tuple(differences), **changes)


def with_variants(of: Sequence[tuple[str, str]], **changes: Any) -> list[StudiedVariant]:
    """Variants of (task, strategy), with equal measures unless changed."""
    first = made_up(("a",)).variants[0]
    return [
        first.model_copy(update={"task": task, "variant": strategy, "strategy": strategy, **changes})
        for task, strategy in of
    ]


def cell(task: str, of: Cell, accuracy: float, variant: str | None = None, width: float = 0.02) -> CellScores:
    """What the first classifier reached."""
    template = made_up(("a",)).cells[0]
    return template.model_copy(
        update={
            "task": task,
            "variant": variant,
            "regime": of.regime,
            "real_rows": of.real_rows,
            "synthetic_rows": of.synthetic_rows,
            "accuracy": template.accuracy.model_copy(
                update={"mean": accuracy, "low": accuracy - width, "high": accuracy + width}
            ),
        }
    )


def by_key(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by their word."""
    return {finding.key: finding for finding in findings}
