from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import LossName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = ("id", "quality", "diversity", "weight")


@dataclass(frozen=True)
class RowWeights:
    """
    What checkers found about the rows of a variant, to look at them or to filter by them.

    Args:
        loss (`"imp"` or `"dimp"`):
            The loss that used them.
        ids (`tuple[str, ...]`):
            The rows.
        quality (`tuple[float, ...]`):
            Probability of the row's label after the quality checker; mean over the seeds.
        diversity (`tuple[float, ...]`, *optional*):
            The same after the diversity checker. The loss `dimp` has none: it takes the model in training.
    """

    loss: LossName
    ids: tuple[str, ...]
    quality: tuple[float, ...]
    diversity: tuple[float, ...] | None

    @classmethod
    def mean_of(cls, loss: LossName, ids: tuple[str, ...], checked: "Sequence[NDArray[np.floating]]") -> Self:
        """Mean over the seeds of what checkers gave: a column of qualities and, with `imp`, one of diversities."""
        mean = sum(checked[1:], start=checked[0]) / len(checked)
        diversity = tuple(mean[:, 1].tolist()) if mean.shape[1] == 2 else None
        return cls(loss, ids, tuple(mean[:, 0].tolist()), diversity)

    def write(self, path: Path) -> None:
        """
        Write a parquet file with the columns `id`, `quality`, `diversity` and `weight`, the quotient of the two; the
        last two are empty without a diversity checker.
        """
        import pyarrow
        import pyarrow.parquet

        diversity: list[float] | list[None] = list(self.diversity) if self.diversity else [None] * len(self.ids)
        weights = [
            quality / other if other is not None else None
            for quality, other in zip(self.quality, diversity, strict=True)
        ]
        columns = {"quality": self.quality, "diversity": diversity, "weight": weights}
        table = pyarrow.table(
            {
                "id": pyarrow.array(self.ids, pyarrow.string()),
                **{name: pyarrow.array(values, pyarrow.float32()) for name, values in columns.items()},
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(table, path)


def weights_beside(out: Path, variants: Collection[str]) -> dict[str, Path]:
    """
    Where the weights of variants go whose scores go into one file that the user named.

    Args:
        out (`Path`):
            The file of the scores, as `o/x.json`.
        variants (`Collection[str]`):
            The scored variants.

    Returns:
        `dict[str, Path]`: Variant -> `o/x.rows.parquet`; of several variants `o/x.<variant>.rows.parquet`.

    Raises:
        ScoringError: A file of that name is there, and other rows are in it.
    """
    import pyarrow
    import pyarrow.parquet

    several = len(variants) > 1
    places = {
        variant: out.with_name(f"{out.stem}.{variant}.rows.parquet" if several else f"{out.stem}.rows.parquet")
        for variant in variants
    }
    for place in places.values():
        try:
            ours = not place.exists() or tuple(pyarrow.parquet.read_schema(place).names) == COLUMNS
        except (OSError, pyarrow.ArrowInvalid):
            ours = False
        if not ours:
            raise ScoringError(
                f"The weights of the rows go to {str(place)!r}, and a file that holds something else is there; give "
                "another name with --out, or move it away."
            )
    return places
