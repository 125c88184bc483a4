from typing import Literal

Regime = Literal["synthetic", "real", "augmented"]
LossName = Literal["cross_entropy", "focal", "imp", "dimp"]

REGIMES: tuple[Regime, ...] = ("synthetic", "real", "augmented")
LOSS_NAMES: tuple[LossName, ...] = ("cross_entropy", "focal", "imp", "dimp")
