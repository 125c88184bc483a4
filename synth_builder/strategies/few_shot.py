from typing import ClassVar, Literal

from pydantic import Field

from synth_builder.strategies.base import Ingredients, Setting, Strategy, StrategyOptions
from synth_builder.strategies.slot import Slot


class ShotOptions(StrategyOptions):
    """
    Options of strategies that show real rows.

    Args:
        shots (`"same_label"` or `"any_label"`, *optional*):
            Which rows are shown. Those of the asked label when not given, or of any label where the model gives the
            label itself; what arXiv 2407.12813 does is not known.
    """

    shots: Literal["same_label", "any_label"] | None = None


class FewShotOptions(ShotOptions):
    """
    Options of `few_shot`.

    Args:
        k (`int`, defaults to 3):
            Real rows that each prompt shows.
    """

    k: int = Field(default=3, ge=1, le=100)


class FewShot(Strategy):
    """
    The task's description and a few real examples, and a request for a similar one (arXiv 2407.12813, the few-shot
    method). The rows are drawn anew for each prompt.
    """

    name = "few_shot"
    papers = ("2407.12813",)
    Options: ClassVar[type[StrategyOptions]] = FewShotOptions
    needs_demonstrations = True

    def __init__(self, setting: Setting, options: ShotOptions) -> None:
        super().__init__(setting, options)
        generated = options.label_mode == "generated"
        self.same_label = options.shots == "same_label" or (options.shots is None and not generated)
        assert setting.demonstrations is not None  # held by the base class
        self._demonstrations = setting.demonstrations
        self._demonstrations.need(self.k, self.same_label, setting.variant)

    @property
    def k(self) -> int:
        """Real rows in each prompt."""
        assert isinstance(self.options, FewShotOptions)
        return self.options.k

    def ingredients(self, slot: Slot) -> Ingredients:
        """Real rows for one prompt; where the model gives the label, `same_label` draws the label of the rows."""
        rng = slot.rng("demonstrations")
        if not self.same_label:
            return Ingredients(demonstrations=tuple(self._demonstrations.of_any_label(rng, self.k)))
        label = slot.label if slot.label is not None else rng.choice(self.task.label_names)
        return Ingredients(demonstrations=tuple(self._demonstrations.of_label(rng, self.k, label)))
