from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import LossName, MethodName, Regime, refuse_loss
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    from synth_builder.scoring.encoder_files import Encoder


@dataclass(frozen=True)
class Comparison:
    """
    What is the same for all variants that are compared.

    Args:
        label_names (`Sequence[str]`):
            Labels in the order of the indices.
        test (`TextRows`):
            Real rows that every classifier is tested on.
        test_reference (`str`):
            Where they are from.
        encoder (`Encoder`, *optional*):
            What is fine-tuned, a copy each time, or probed. Only the method `tfidf` has none.
        real (`TextRows`, *optional*):
            Real rows to train on. Without them, only the regime `synthetic` is possible.
        real_reference (`str`, *optional*):
            Where they are from.
        regimes (`Sequence[str]`, defaults to `("synthetic",)`):
            Any of `synthetic`, `real`, `augmented`.
        real_rows (`Sequence[int]`, defaults to `()`):
            How many real rows the regimes `real` and `augmented` take.
        synthetic_rows (`Sequence[int]`, defaults to `()`):
            How many of a variant's rows the regimes `synthetic` and `augmented` take, besides all of them: the
            points of a quantity curve.
        seeds (`int`, defaults to 3):
            Trainings per regime, with the seeds 0, 1, ...
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`, defaults to `"cross_entropy"`):
            Which loss. Real rows alone are trained on with cross entropy where it is `imp` or `dimp`.
        checker_rows (`int`, *optional*):
            Real rows that the quality checker of `imp` and `dimp` is trained on; the paper takes 200 to 400. 200 when
            not given, or all if there are fewer.
        hyperparameters (`Hyperparameters`, *optional*):
            How to fine-tune.
        method (`"fine_tuning"`, `"probe"`, `"setfit"` or `"tfidf"`, defaults to `"fine_tuning"`):
            How classifiers are trained.
        cache (`Path`, *optional*):
            Folder where the probe keeps embeddings; one of the Hugging Face cache when not given.
        runs (`Path`, *optional*):
            Folder of finished trainings, which are not repeated. Without it, all are done.
        notes (`Sequence[str]`, defaults to `()`):
            What is to stand in every result.
        also (`Sequence[Cell]`, defaults to `()`):
            Ways of training besides those of the regimes and sizes.
        keep_all (`bool`, defaults to `False`):
            Keep trainings, too, that the memory that was free had a say in: a study of many processes would otherwise
            do them again and again.

    Raises:
        ScoringError: The method has no such loss.
    """

    label_names: Sequence[str]
    test: TextRows
    test_reference: str
    encoder: "Encoder | None" = None
    real: TextRows | None = None
    real_reference: str | None = None
    regimes: Sequence[Regime] = ("synthetic",)
    real_rows: Sequence[int] = ()
    synthetic_rows: Sequence[int] = ()
    seeds: int = 3
    loss: LossName = "cross_entropy"
    checker_rows: int | None = None
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    method: MethodName = "fine_tuning"
    cache: Path | None = None
    runs: Path | None = None
    notes: Sequence[str] = ()
    also: Sequence[Cell] = ()
    keep_all: bool = False

    def __post_init__(self) -> None:
        refuse_loss(self.loss, self.method)

    @property
    def pretrained(self) -> "Encoder":
        """The encoder, of a method that needs one."""
        if self.encoder is None:
            raise ScoringError(f"The method {self.method!r} needs an encoder, and there is none; give one.")
        return self.encoder

    @property
    def weighted(self) -> bool:
        """Whether the loss needs checkers."""
        return self.loss in ("imp", "dimp")

    @property
    def needs_real(self) -> bool:
        """Whether a way of training takes real rows."""
        return any(regime != "synthetic" for regime in self.regimes) or any(cell.real_rows for cell in self.also)

    def cells(self, rows: int) -> list[Cell]:
        """
        The ways of training of a variant, in the order of the table.

        Args:
            rows (`int`):
                Rows of the variant. A size that is all of them is no cell of its own.
        """
        real = sorted(set(self.real_rows))
        sizes: list[int | None] = [*sorted(set(self.synthetic_rows) - {rows}), None]
        cells = [
            *(Cell("synthetic", None, size) for size in sizes if "synthetic" in self.regimes),
            *(Cell("real", count) for count in real if "real" in self.regimes),
            *(Cell("augmented", count, size) for count in real for size in sizes if "augmented" in self.regimes),
        ]
        also = (cell._replace(synthetic_rows=None) if cell.synthetic_rows == rows else cell for cell in self.also)
        return list(dict.fromkeys((*cells, *also)))
