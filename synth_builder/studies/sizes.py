from collections.abc import Sequence
from dataclasses import dataclass

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.leaks import leaked_positions
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import RealShare, Study


@dataclass(frozen=True)
class Sizes:
    """
    How many rows a task is trained on.

    Args:
        real_rows, synthetic_rows (`tuple[int, ...]`):
            Those of the study that the task has enough rows for.
        mixtures (`tuple[Cell, ...]`):
            The sweep over the share of real rows; empty without one.
        notes (`tuple[str, ...]`):
            What was left out, a sentence each.
    """

    real_rows: tuple[int, ...]
    synthetic_rows: tuple[int, ...]
    mixtures: tuple[Cell, ...]
    notes: tuple[str, ...]


def fitting_sizes(study: Study, task: Studied, synthetic: int) -> Sizes:
    """
    The sizes of a study that a task has enough rows for.

    Args:
        study (`Study`):
            The sizes that are asked for.
        task (`Studied`):
            Its real rows; those that stand in the test rows do not count.
        synthetic (`int`):
            Rows of its smallest variant.
    """
    real = 0 if task.real is None else len(task.real[1]) - len(leaked_positions(task.real[1], task.test[1]))
    notes = []
    needs_real = any(regime != "synthetic" for regime in study.regimes)
    too_many_real = [size for size in study.real_rows if size > real] if needs_real else []
    if too_many_real:
        notes.append(f"{task.name} has {real} real rows to train on: left out {_listed(too_many_real)} real rows.")
    too_many = [size for size in study.synthetic_rows if size > synthetic]
    if too_many:
        notes.append(
            f"{task.name} has {synthetic} rows in its smallest variant: left out {_listed(too_many)} synthetic rows."
        )
    mixtures: tuple[Cell, ...] = ()
    if study.real_share is not None:
        found = mixtures_of(study.real_share)
        if any((cell.real_rows or 0) > real or (cell.synthetic_rows or 0) > synthetic for cell in found):
            notes.append(
                f"{task.name} has {real} real rows and {synthetic} in its smallest variant: the sweep over the share "
                f"of real rows, {study.real_share.rows} at a time, was left out."
            )
        else:
            mixtures = found
    return Sizes(
        tuple(size for size in study.real_rows if size <= real),
        tuple(size for size in study.synthetic_rows if size <= synthetic),
        mixtures,
        tuple(notes),
    )


def mixtures_of(share: RealShare) -> tuple[Cell, ...]:
    """Training sets of one size, from all synthetic to all real."""
    return tuple(_mixture(share.rows, share.rows * percent // 100) for percent in share.shares)


def _mixture(rows: int, real: int) -> Cell:
    if real == 0:
        return Cell("synthetic", None, rows)
    return Cell("real", real) if real == rows else Cell("augmented", real, rows - real)


def _listed(sizes: Sequence[int]) -> str:
    return " and ".join(f"{size:,}" for size in sizes)
