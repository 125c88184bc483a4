"""Numbers that lie where their definitions let them lie."""

import statistics
from collections.abc import Iterator

from synth_builder.scoring.diversity.results import Likeness, Variety
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.results.parts import CellScores, StudiedVariant

EXACT = 1e-9
"""Weights of seeds and resamples add up to 1 but for rounding, so ends may lie beside 0 and 1 by so much."""
OF_EMBEDDINGS = 1e-5
"""Embeddings have 32 bits, so what is computed from them may lie beside its bounds by so much."""

_DISTANCE = (0.0, 2.0)
_SHARE = (0.0, 1.0)
_NOT_NEGATIVE = (0.0, None)
_OF_VARIETY: dict[str, tuple[float, float | None]] = {
    "mean_words": _NOT_NEGATIVE,
    "self_repetition": _NOT_NEGATIVE,
    "compression_ratio": _NOT_NEGATIVE,
    "remote_clique": _DISTANCE,
    "chamfer_distance": _DISTANCE,
}
_OF_LIKENESS: dict[str, tuple[float, float | None]] = {
    "precision": _SHARE,
    "recall": _SHARE,
    "density": _NOT_NEGATIVE,
    "coverage": _SHARE,
    "similarity_to_real": (-1.0, 1.0),
    "length_divergence": _SHARE,
    "vocabulary_divergence": _SHARE,
    "copy_rate": _SHARE,
    "copied_run_rate": _SHARE,
}


def outside(name: str, value: float | None, low: float, high: float | None, misses_by: float = EXACT) -> Iterator[str]:
    """
    A sentence about a number that lies beside its bounds.

    Args:
        name (`str`):
            What the sentence begins with.
        value (`float`, *optional*):
            The number; nothing is wrong with `None`.
        low (`float`):
            The least that it can be.
        high (`float`, *optional*):
            The most; `None` where there is no bound.
        misses_by (`float`, defaults to `EXACT`):
            What rounding may do.
    """
    if value is None or (low - misses_by <= value and (high is None or value <= high + misses_by)):
        return
    yield (
        f"{name} is {value}; expected {low:g} or more"
        if high is None
        else (f"{name} is {value}; expected {low:g} to {high:g}")
    )


def of_seeds(cell: CellScores, seeds: int) -> Iterator[str]:
    """What contradicts the accuracies of a cell's seeds, of which there is at least one."""
    count, spread = len(cell.accuracies), cell.accuracy
    if count != seeds:
        yield f"accuracies has {count} of {'1 seed' if seeds == 1 else f'{seeds} seeds'}"
    found = statistics.stdev(cell.accuracies) if count > 1 else None
    if (found is None) != (spread.std is None) or abs((found or 0) - (spread.std or 0)) > EXACT:
        yield f"accuracy.std is {spread.std}; the standard deviation of its accuracies is {found}"
    differ = max(cell.accuracies) - min(cell.accuracies) > EXACT
    if differ and spread.low is not None and spread.high is not None and spread.high - spread.low <= EXACT:
        yield f"accuracy has the interval [{spread.low}, {spread.high}], a point, and its accuracies differ"


def of_other_measures(cell: CellScores) -> Iterator[str]:
    """What can't be true of a cell's measures that have no interval."""
    yield from outside("mcc.mean", cell.mcc.mean, -1, 1)
    yield from outside("weighted_f1.mean", cell.weighted_f1.mean, 0, 1)
    yield from outside("calibration_error.mean", cell.calibration_error.mean, 0, 1)
    spreads: dict[str, Spread] = {
        "macro_f1": cell.macro_f1,
        "weighted_f1": cell.weighted_f1,
        "mcc": cell.mcc,
        "calibration_error": cell.calibration_error,
    }
    for name, spread in spreads.items():
        yield from outside(f"{name}.std", spread.std, 0, None)


def of_rows(variant: StudiedVariant) -> Iterator[str]:
    """What can't be true of the measures of a variant's rows."""
    for name, variety in (("variety", variant.variety), ("real_variety", variant.real_variety)):
        if variety is not None:
            yield from (f"{name}.{sentence}" for sentence in _of_variety(variety, variant.rows))
    if variant.likeness is not None:
        yield from (f"likeness.{sentence}" for sentence in _of_likeness(variant.likeness))


def _of_variety(variety: Variety, rows: int) -> Iterator[str]:
    for size, value in variety.distinct.items():
        yield from outside(f"distinct[{size}]", value, 0, 1)
    for size, value in variety.self_bleu.items():
        yield from outside(f"self_bleu[{size}]", value, 0, 1)
    for name, (low, high) in _OF_VARIETY.items():
        yield from outside(name, getattr(variety, name), low, high, OF_EMBEDDINGS)
    # The number of wholly different texts: at least one, and no more than there are; both sides have as many rows.
    yield from outside("vendi_score", variety.vendi_score, 1, max(1, rows), OF_EMBEDDINGS * max(1, rows))


def _of_likeness(likeness: Likeness) -> Iterator[str]:
    for name, (low, high) in _OF_LIKENESS.items():
        yield from outside(name, getattr(likeness, name), low, high, OF_EMBEDDINGS)
