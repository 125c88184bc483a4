from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from synth_builder.recipes.text_identity import word_similarity
from synth_builder.strategies.base import Draft, Draw, Ingredients, Setting, Strategy, StrategyOptions, Unusable
from synth_builder.strategies.slot import Slot


class ParaphraseOptions(StrategyOptions):
    """
    Options of `paraphrase`.

    Args:
        label_mode (`"conditioned"`):
            A paraphrase keeps the label of its row.
        min_similarity (`float`, defaults to 0.1):
            Least share of common words (Jaccard) with the real row, in each column; below it a reply has drifted.
        max_similarity (`float`, defaults to 0.7):
            Greatest share of common words with the real row, over all columns; above it a reply is a copy.
    """

    label_mode: Literal["conditioned"] = "conditioned"
    min_similarity: float = Field(default=0.1, ge=0, le=1)
    max_similarity: float = Field(default=0.7, ge=0, le=1)

    @model_validator(mode="after")
    def _a_window(self) -> "ParaphraseOptions":
        if self.min_similarity >= self.max_similarity:
            raise ValueError(
                f"min_similarity is {self.min_similarity}, not less than max_similarity, which is "
                f"{self.max_similarity}"
            )
        return self


class Paraphrase(Strategy):
    """
    Each prompt shows one real row of the label and asks for the same in other words. Replies that hardly change it, or
    that have hardly a word in common with it, are not used.
    """

    name = "paraphrase"
    Options: ClassVar[type[StrategyOptions]] = ParaphraseOptions
    needs_demonstrations = True

    options: ParaphraseOptions

    def __init__(self, setting: Setting, options: ParaphraseOptions) -> None:
        super().__init__(setting, options)
        assert setting.demonstrations is not None  # held by the base class
        self._demonstrations = setting.demonstrations
        self._demonstrations.need(1, True, setting.variant)

    def ingredients(self, slot: Slot) -> Ingredients:
        """The real row, another one for each draw: one that can't be said otherwise does not hold up a slot."""
        assert slot.label is not None  # held by the options
        return Ingredients(demonstrations=tuple(self._demonstrations.of_label(slot.rng("source"), 1, slot.label)))

    def _draft(
        self, slot: Slot, fields: Mapping[str, str], draw: Draw, cut_field: str | None = None, repaired: bool = False
    ) -> Draft | Unusable:
        draft = super()._draft(slot, fields, draw, cut_field, repaired)
        if isinstance(draft, Unusable):
            return draft
        (source,) = draw.ingredients.demonstrations
        similarity = word_similarity("\n".join(draft.columns.values()), "\n".join(source.columns.values()))
        if similarity > self.options.max_similarity:
            return Unusable(
                "copy",
                f"shares {similarity:.0%} of the words with the real row {source.id}, at most "
                f"{self.options.max_similarity:.0%} are wanted",
            )
        for column, text in draft.columns.items():
            similarity = word_similarity(text, source.columns[column])
            if similarity < self.options.min_similarity:
                return Unusable(
                    "drift",
                    f"{column!r} shares {similarity:.0%} of the words with the real row {source.id}, at least "
                    f"{self.options.min_similarity:.0%} are wanted",
                )
        return draft
