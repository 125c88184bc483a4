from typing import NamedTuple

from synth_builder.scoring.choices import Regime


class Cell(NamedTuple):
    """
    One way of training, of a grid.

    Args:
        regime (`"synthetic"`, `"real"` or `"augmented"`):
            The variant's rows, real rows, or both.
        real_rows (`int`, *optional*):
            How many real rows; `None` in the regime `synthetic`.
        synthetic_rows (`int`, *optional*):
            How many of the variant's rows; `None` for all of them, and in the regime `real`.
    """

    regime: Regime
    real_rows: int | None = None
    synthetic_rows: int | None = None

    @property
    def title(self) -> str:
        """In words, for tables."""
        synthetic = "synthetic" if self.synthetic_rows is None else f"synthetic {self.synthetic_rows}"
        if self.regime == "synthetic":
            return synthetic
        return f"real {self.real_rows}" if self.regime == "real" else f"real {self.real_rows} + {synthetic}"
