import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from synth_builder.engines.base import Completion
from synth_builder.errors import RealDataError, RecipeError
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.text_identity import normalised
from synth_builder.registry import nearest
from synth_builder.strategies.base import Draft, Draw, Ingredients, Setting, Strategy, StrategyOptions, Unusable
from synth_builder.strategies.lexicons import characteristic_words
from synth_builder.strategies.sentence_templates import SentenceTemplate, TemplatePool, slots_of, stray_braces
from synth_builder.strategies.slot import Slot

# Equal texts from different words are rare: they are looked for only where the texts might run out.
COUNTED_BELOW = 4


class RealWords(Strict):
    """
    Where the words of a slot come from.

    Args:
        column (`str`, *optional*):
            Text column of the task; the first when not given.
        label (`str`, *optional*):
            The label whose words they are; that of the row when not given.
        count (`int`, defaults to 20):
            The most words.
    """

    column: str | None = None
    label: str | None = None
    count: int = Field(default=20, ge=1)


class TemplateOptions(StrategyOptions):
    """
    Options of `template`.

    Args:
        label_mode (`"conditioned"`):
            The label is that of the template.
        rows_per_request (`1`):
            There are no requests.
        templates (`dict[str, tuple[str | dict[str, str], ...]]`):
            Label -> its templates: a text with slots such as `{noun}`, or for two columns a text for each.
        lexicons (`dict[str, tuple[str, ...]]`, defaults to `{}`):
            Slot -> words.
        from_real (`dict[str, RealWords]`, defaults to `{}`):
            Slot -> which words of the real train rows: those that stand in a larger share of a label's rows than of
            the others.
        agreement (`tuple[tuple[str, str], ...]`, defaults to `()`):
            Pairs of words: where the first stands in a filled text, the second takes its place. `a(n)` in a template
            becomes `a` or `an` without a rule.
        max_share (`float`, defaults to 1.0):
            The greatest share of a label's rows that one template may make.
        held_out (`int`, defaults to 0):
            So many templates of each label, the last ones, make the rows of one split alone.
        held_out_split (`str`, *optional*):
            That split; the other templates make no row of it.
    """

    label_mode: Literal["conditioned"] = "conditioned"
    rows_per_request: Literal[1] = 1
    templates: dict[str, tuple[str | dict[str, str], ...]] = Field(min_length=1)
    lexicons: dict[str, tuple[str, ...]] = {}
    from_real: dict[str, RealWords] = {}
    agreement: tuple[tuple[str, str], ...] = ()
    max_share: float = Field(default=1.0, gt=0, le=1)
    held_out: int = Field(default=0, ge=0)
    held_out_split: str | None = None

    @field_validator("templates", mode="before")
    @classmethod
    def _text_keys(cls, templates: Any) -> Any:
        return {str(label): given for label, given in templates.items()} if isinstance(templates, dict) else templates

    @model_validator(mode="after")
    def _complete(self) -> "TemplateOptions":
        if bool(self.held_out) != (self.held_out_split is not None):
            raise ValueError("held_out and held_out_split belong together; give both or none")
        for name, words in self.lexicons.items():
            if not words or not all(word.strip() for word in words):
                raise ValueError(f"lexicons.{name} is {list(words)}; expected at least one word, and none empty")
            if name in self.from_real:
                raise ValueError(f"{name!r} stands in lexicons and in from_real; keep one of them")
        return self


class Template(Strategy):
    """
    Texts with slots that are filled from lists of words; no model is asked. Inspired by arXiv 2310.07830, of which we
    know the abstract alone: the method is our own.
    """

    name = "template"
    papers = ("2310.07830",)
    Options: ClassVar[type[StrategyOptions]] = TemplateOptions
    needs_engine = False

    options: TemplateOptions

    def __init__(self, setting: Setting, options: TemplateOptions) -> None:
        super().__init__(setting, options)
        self._where = f"Variant {setting.variant!r}"
        self._check_names()
        self._words = {label: self._lexicons(label) for label in options.templates}
        # One pool for the split of its own, one for all the others.
        self._pools: dict[tuple[str, bool], TemplatePool] = {}
        for label, written in options.templates.items():
            made = [
                SentenceTemplate(f"{label}-{number}", self._columns(label, one), self._words[label], options.agreement)
                for number, one in enumerate(written, start=1)
            ]
            border = len(made) - options.held_out
            for held_out, templates in ((False, made[:border]), (True, made[border:])):
                if templates:
                    pool = TemplatePool(templates, setting.seed)
                    self._pools[label, held_out] = pool
                    self._check_enough(label, held_out, pool)

    @classmethod
    def shows_real_rows(cls, options: StrategyOptions) -> bool:
        """Where words are taken from them."""
        return isinstance(options, TemplateOptions) and bool(options.from_real)

    def facts(self) -> dict[str, Any]:
        """The words of each slot, by label."""
        return {
            "lexicons": {
                label: {slot: list(words) for slot, words in self._words[label].items()} for label in self._words
            }
        }

    def ingredients(self, slot: Slot) -> Ingredients:
        """Which template."""
        return Ingredients(attributes={"template": self._place(slot)[0].id})

    def draw(self, slot: Slot, count: int = 1, history: Sequence[str] = ()) -> Draw:
        """The filled template as a reply; the request says what it stands for and goes nowhere."""
        texts = self._texts(slot)
        reply = next(iter(texts.values())) if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)
        return replace(super().draw(slot, count, history), reply=reply)

    def read(self, slot: Slot, completion: Completion, draw: Draw) -> Draft | Unusable:
        """The filled template as it is: it holds nothing that a model would put around a text."""
        if completion.text != draw.reply:
            return super().read(slot, completion, draw)
        assert slot.label is not None  # held by the options
        return Draft(self._texts(slot), slot.label)

    def _texts(self, slot: Slot) -> dict[str, str]:
        template, number = self._place(slot)
        return self._pools[self._pool_of(slot)].texts(template, number)

    def _place(self, slot: Slot) -> tuple[SentenceTemplate, int]:
        """
        Slots take the texts of their pool one after the other. Each further draw takes one that no first draw takes,
        as long as there are some; where templates have a share, it stays with its template.
        """
        label, held_out = self._pool_of(slot)
        pool = self._pools[label, held_out]
        splits = self._splits(held_out)
        rows = sum(self.setting.quotas[split][label] for split in splits) or 1
        before = sum(self.setting.quotas[split][label] for split in splits[: self._number_of(slot.split, splits)])
        if self.options.max_share < 1 and slot.draw:
            template, number = pool.at((before + slot.rank) % pool.total)
            number += slot.draw * pool.uses(rows)[template.id]
            return template, (number + number // template.combinations) % template.combinations
        position = before + slot.rank + slot.draw * rows
        # After one time through the texts one further, so that another draw does not meet the same texts again.
        return pool.at((position + position // pool.total) % pool.total)

    def _pool_of(self, slot: Slot) -> tuple[str, bool]:
        assert slot.label is not None  # held by the options
        return slot.label, self.options.held_out > 0 and slot.split == self.options.held_out_split

    def _splits(self, held_out: bool) -> list[str]:
        if not self.options.held_out:
            return list(self.setting.quotas)
        return [split for split in self.setting.quotas if (split == self.options.held_out_split) == held_out]

    @staticmethod
    def _number_of(split: str, splits: Sequence[str]) -> int:
        return splits.index(split) if split in splits else 0

    def _columns(self, label: str, written: str | dict[str, str]) -> dict[str, str]:
        columns = {next(iter(self.task.columns)): written} if isinstance(written, str) else written
        if list(columns) != list(self.task.columns):
            raise RecipeError(
                f"{self._where} has a template of {label!r} with the columns {', '.join(columns)}; expected "
                f"{', '.join(self.task.columns)}."
            )
        for text in columns.values():
            stray = stray_braces(text)
            if stray is not None:
                raise RecipeError(
                    f"{self._where} has {stray!r} in a template of {label!r}, which is no slot; a slot is {{name}}, "
                    "with letters, digits and '_' in its name, and the article before one is written a(n)."
                )
        for name in slots_of(columns):
            if name not in self._words[label]:
                known = list(self._words[label])
                raise RecipeError(
                    f"{self._where} has the slot {name!r} in a template of {label!r}, and no words for it."
                    f"{nearest(name, known)} Give them under lexicons.{name} or from_real.{name}."
                )
        return columns

    def _lexicons(self, label: str) -> dict[str, Sequence[str]]:
        """Slot -> its different words, for the templates of one label."""
        words: dict[str, Sequence[str]] = {
            name: list(dict.fromkeys(given)) for name, given in self.options.lexicons.items()
        }
        for name, source in self.options.from_real.items():
            assert self.setting.demonstrations is not None  # held by the base class
            column = source.column or next(iter(self.task.columns))
            of_label = source.label or label
            words[name] = characteristic_words(self.setting.demonstrations.rows, column, of_label, source.count)
            if not words[name]:
                raise RealDataError(
                    f"{self._where} takes the words of {name!r} from real.train, and no word of {column!r} stands in "
                    f"more of the rows of {of_label!r} than of the others; give them under lexicons.{name}."
                )
        return words

    def _check_names(self) -> None:
        """Everything that names a label, a column or a split of the recipe."""
        options, task = self.options, self.task
        quotas: Mapping[str, Mapping[str, int]] = self.setting.quotas
        for label, written in options.templates.items():
            _known(f"{self._where}: templates.{label}", label, task.label_names)
            if len(written) <= options.held_out:
                raise RecipeError(
                    f"{self._where} has {len(written)} templates of {label!r} and holds out {options.held_out}; add "
                    "templates, so that at least one is left for the other splits."
                )
        for label in task.label_names:
            asked = any(quota[label] for quota in quotas.values()) or not quotas
            if asked and label not in options.templates:
                raise RecipeError(f"{self._where} has no templates for {label!r}; give some under templates.{label}.")
        for name, source in options.from_real.items():
            if source.column is not None:
                _known(f"{self._where}: from_real.{name}.column", source.column, list(task.columns))
            if source.label is not None:
                _known(f"{self._where}: from_real.{name}.label", source.label, task.label_names)
        if options.held_out_split is not None and quotas:
            _known(f"{self._where}: held_out_split", options.held_out_split, list(quotas))

    def _check_enough(self, label: str, held_out: bool, pool: TemplatePool) -> None:
        """The templates have to make as many different texts as rows are asked for."""
        splits = self._splits(held_out)
        rows = sum(self.setting.quotas[split][label] for split in splits)
        texts = pool.total
        if rows <= texts < COUNTED_BELOW * rows:
            every = (pool.texts(*pool.at(position)) for position in range(pool.total))
            texts = len({normalised(columns.values()) for columns in every})
        what = f"{rows} rows of {label!r} ({', '.join(splits)})"
        if texts < rows:
            raise RecipeError(
                f"{self._where} asks for {what}, and the templates for them make {texts} different texts; add "
                "templates or words, or ask for fewer rows."
            )
        most = math.ceil(self.options.max_share * rows)
        template, uses = max(pool.uses(rows).items(), key=lambda item: item[1])
        if uses > most:
            raise RecipeError(
                f"{self._where} asks for {what}, of which one template may make {most} (max_share "
                f"{self.options.max_share:g}), and {template!r} would have to make {uses}; add templates or words, or "
                "raise max_share."
            )


def _known(where: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise RecipeError(
            f"{where} is {name!r}, which the recipe does not have.{nearest(name, list(names))} "
            f"Known: {', '.join(names)}."
        )
