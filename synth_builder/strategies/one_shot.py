from typing import ClassVar

from synth_builder.strategies.base import StrategyOptions
from synth_builder.strategies.few_shot import FewShot, ShotOptions


class OneShot(FewShot):
    """
    The task's description and one real example, and a request for a similar one (arXiv 2407.12813, the one-shot
    method).
    """

    name = "one_shot"
    prompt = "few_shot"
    Options: ClassVar[type[StrategyOptions]] = ShotOptions

    @property
    def k(self) -> int:
        """Always 1."""
        return 1
