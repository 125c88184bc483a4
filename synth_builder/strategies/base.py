from abc import ABC
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from synth_builder.engines.base import Completion, Message, Request, Sampling
from synth_builder.errors import RecipeError
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.labels import read_label
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.variant import PromptForm
from synth_builder.strategies.cleaning import clean_text
from synth_builder.strategies.drafts import Draft, Draw, Ingredients, Unusable
from synth_builder.strategies.repair import repaired_fields
from synth_builder.strategies.replies import (
    ReplyForm,
    UnreadableJSONError,
    UnusableReplyError,
    read_fields,
    reply_schema,
)
from synth_builder.strategies.row_lists import read_rows, rows_schema
from synth_builder.strategies.setting import Setting
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.templates import PromptTemplate, shipped_prompt

# What strategies are made of and give back stands here for those who write one.
__all__ = ["Draft", "Draw", "Ingredients", "Setting", "Strategy", "StrategyOptions", "Unusable"]


PROMPTS_KEPT = 500


class StrategyOptions(Strict):
    """
    Options that every strategy has.

    Args:
        label_mode (`"conditioned"` or `"generated"`, defaults to `"conditioned"`):
            Whether the label is fixed before the text is asked for, or the model gives text and label. arXiv
            2407.12813 recommends the former.
        extra_instruction (`str`, *optional*):
            A sentence of one's own in every prompt.
        rows_per_request (`int`, defaults to 1):
            Rows that each request asks for, in the chat form alone; `max_new_tokens` counts for each of them. Several
            are cheaper, and less independent of each other; a row that is rejected is asked for again alone.
    """

    label_mode: Literal["conditioned", "generated"] = "conditioned"
    extra_instruction: str | None = None
    rows_per_request: int = Field(default=1, ge=1, le=50)


class Strategy(ABC):
    """
    Makes prompts and reads replies. It never calls an engine: it hands out requests and is given the replies.

    A strategy is pure: the same setting, options, slot and replies give the same requests and rows. What it needs to
    know from the model first it asks for in `prepare`, in rounds. A strategy whose `prompt` is not set has a shipped
    template of its own name. `papers` are the arXiv ids of those that it follows; cards name them.

    Args:
        setting (`Setting`):
            Task, sampling, prompt form, real rows.
        options (`StrategyOptions`):
            The variant's options.
    """

    name: ClassVar[str]
    papers: ClassVar[tuple[str, ...]] = ()
    prompt: ClassVar[str | None] = None
    Options: ClassVar[type[StrategyOptions]] = StrategyOptions
    needs_demonstrations: ClassVar[bool] = False
    needs_engine: ClassVar[bool] = True
    prompt_forms: ClassVar[tuple[PromptForm, ...]] = ("chat", "completion")

    def __init__(self, setting: Setting, options: StrategyOptions) -> None:
        self.setting = setting
        self.options = options
        self.task = setting.task
        self.fields = [*self.task.columns]
        if options.label_mode == "generated":
            self.fields.append(self.task.label_column)
        text = setting.prompt if setting.prompt is not None else shipped_prompt(self.prompt or self.name)
        self._prompts: dict[tuple[str | None, str | None, int], Request] = {}
        self._template = PromptTemplate(text, f"variant {setting.variant!r}")
        if self.shows_real_rows(options) and setting.demonstrations is None:
            raise RecipeError(
                f"Variant {setting.variant!r} shows real rows (strategy {self.name!r}), and the recipe names none; "
                "add real.train."
            )
        if setting.prompt_form not in self.prompt_forms:
            raise RecipeError(
                f"Variant {setting.variant!r} (strategy {self.name!r}) can't be asked in the form "
                f"{setting.prompt_form!r}; it needs {' or '.join(self.prompt_forms)}, and a model that answers in it."
            )
        if self.rows_per_request > 1 and setting.prompt_form == "completion":
            raise RecipeError(
                f"Variant {setting.variant!r} asks for {self.rows_per_request} rows per request, which needs a chat: "
                "a text that is continued ends with its first row. Leave rows_per_request out, or set prompt_form: "
                "chat."
            )
        if self.rows_per_request > 1 and not self._template.uses("count"):
            raise RecipeError(
                f"Variant {setting.variant!r} asks for {self.rows_per_request} rows per request, and its own prompt "
                "does not say how many; write {{ count }} into it, or include 'reply.jinja'."
            )

    @classmethod
    def shows_real_rows(cls, options: StrategyOptions) -> bool:
        """Whether real train rows are needed with these options; `needs_demonstrations` where it does not depend."""
        return cls.needs_demonstrations

    @property
    def rows_per_request(self) -> int:
        """Rows that a request asks for."""
        return self.options.rows_per_request

    @property
    def turns(self) -> int:
        """The most requests of one conversation; 1 when each request stands for itself."""
        return 1

    @property
    def reply_form(self) -> ReplyForm:
        """One field is asked for as plain text; several as JSON under a grammar, or as tagged lines without one."""
        if len(self.fields) == 1:
            return "text"
        return "json" if self.setting.grammar and self.setting.prompt_form == "chat" else "tagged"

    @property
    def prompt_id(self) -> str:
        """Name of the template that this strategy's prompts are made of, by its content; rows refer to it."""
        return digest(self._template.text, 12)

    def templates(self) -> dict[str, str]:
        """Name -> text of each template that prompts are made of, those that it includes among them."""
        return {self.name: self._template.text, **self._template.included()}

    def prepare(self) -> Generator[list[Request], list[Completion], None]:
        """
        Ask for what is needed before the first row.

        Yields:
            `list[Request]`: One round of requests; the replies to them come back in the same order.
        """
        yield from ()

    def facts(self) -> dict[str, Any]:
        """What `prepare` found out, for the provenance."""
        return {}

    def recall(self, facts: Mapping[str, Any]) -> bool:
        """
        Take up what `prepare` found out when the rows were built, in place of asking again.

        Args:
            facts (`Mapping[str, Any]`):
                What `facts` told then.

        Returns:
            `bool`: Whether everything that prompts need is known now.
        """
        return False

    def suppose(self) -> None:
        """Take stand-ins for what only the model could tell, so that prompts can be shown without it."""

    def ingredients(self, slot: Slot) -> Ingredients:
        """What the prompt of this slot holds beside the task."""
        return Ingredients()

    def draw(self, slot: Slot, count: int = 1, history: Sequence[str] = ()) -> Draw:
        """
        The request for one slot, or for several rows like it.

        Args:
            slot (`Slot`):
                Decides the label, the ingredients and the seed.
            count (`int`, defaults to 1):
                Rows to be asked for.
            history (`Sequence[str]`, defaults to `()`):
                Replies of the earlier turns of the conversation; empty where `turns` is 1.
        """
        ingredients = self.ingredients(slot)
        if history or ingredients.demonstrations or ingredients.attributes:
            return Draw(self._rendered(slot, ingredients, count, len(history)), ingredients)
        # Such prompts differ in few things, and rendering one takes longer than all else that is done with it.
        key = (slot.label, ingredients.topic, count)
        if key not in self._prompts:
            if len(self._prompts) >= PROMPTS_KEPT:
                self._prompts.clear()
            self._prompts[key] = self._rendered(slot, ingredients, count, 0)
        return Draw(replace(self._prompts[key], seed=slot.seed), ingredients)

    def _rendered(self, slot: Slot, ingredients: Ingredients, count: int, turn: int) -> Request:
        variables = self._variables(slot, ingredients, turn) | {"count": count}
        return self._request(self._template, variables, slot.seed)

    def read_all(self, slots: Sequence[Slot], completion: Completion, draw: Draw) -> list[Draft | Unusable]:
        """The rows in a reply to a request for these slots, one for each: see `read`."""
        if len(slots) == 1:
            return [self.read(slots[0], completion, draw)]
        cut = completion.finish_reason == "length"
        found = read_rows(completion.text, self.fields, self.reply_form, len(slots), cut=cut)
        return [
            Unusable(row.reason, row.detail) if isinstance(row, UnusableReplyError) else self._draft(slot, row, draw)
            for slot, row in zip(slots, found, strict=True)
        ]

    def read(self, slot: Slot, completion: Completion, draw: Draw) -> Draft | Unusable:
        """
        The row in a reply, or why there is none.

        Args:
            slot (`Slot`):
                What the reply was asked for.
            completion (`Completion`):
                The reply.
            draw (`Draw`):
                What `draw` returned for this slot.
        """
        repaired = None
        try:
            continued = self.setting.prompt_form == "completion"
            fields = read_fields(completion.text, self.fields, self.reply_form, continued=continued)
        except UnreadableJSONError as error:
            if completion.finish_reason == "length":  # not mended: its last text would pass for a whole one
                return Unusable("cut", f"the object did not end within {draw.request.sampling.max_new_tokens} tokens")
            repaired = repaired_fields(completion.text, self.fields)
            if repaired is None:
                return Unusable(error.reason, error.detail)
            fields = repaired
        except UnusableReplyError as error:
            return Unusable(error.reason, error.detail)
        cut = self.fields[-1] if completion.finish_reason == "length" and self.reply_form != "json" else None
        return self._draft(slot, fields, draw, cut, repaired is not None)

    def _draft(
        self, slot: Slot, fields: Mapping[str, str], draw: Draw, cut_field: str | None = None, repaired: bool = False
    ) -> Draft | Unusable:
        """The row that fields make; `cut_field` is the one in which the reply was cut."""
        label = slot.label
        if self.options.label_mode == "generated":
            written = fields[self.task.label_column]
            label = read_label(written, self.task)
            if label is None:
                return Unusable("unknown_label", f"{written[:80]!r} is none of: {', '.join(self.task.labels)}")
        assert label is not None, "a slot without a label was given to a label-conditioned strategy"
        columns = {}
        for column in self.task.columns:
            columns[column] = clean_text(
                fields[column], cut=column == cut_field, prompt=_end_of_prompt(draw.request), tag=column
            )
            if not columns[column]:
                if column == cut_field:
                    return Unusable(
                        "cut", f"no finished sentence within {draw.request.sampling.max_new_tokens} tokens"
                    )
                return Unusable("empty", f"nothing is left of {column!r} but marks")
        return Draft(columns, label, repaired)

    def _variables(self, slot: Slot, ingredients: Ingredients, turn: int = 0) -> dict[str, Any]:
        return {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": dict(self.task.columns),
            "label_column": self.task.label_column,
            "labels": dict(self.task.labels),
            "label": slot.label,
            "label_description": self.task.labels.get(slot.label or "", ""),
            "label_mode": self.options.label_mode,
            "topic": ingredients.topic,
            "attributes": dict(ingredients.attributes),
            "demonstrations": [_shown(row) for row in ingredients.demonstrations],
            "fields": self.fields,
            "reply": self.reply_form,
            "extra_instruction": self.options.extra_instruction,
            "count": 1,
            "turn": turn,
        }

    def _request(self, template: PromptTemplate, variables: Mapping[str, Any], seed: int) -> Request:
        settings = self.setting.sampling.model_dump()
        if self.setting.prompt_form == "completion":
            prompt = template.render("completion" if template.has("completion") else None, variables)
            return Request(Sampling(**settings, stop=_ends(prompt, variables["reply"])), seed, prompt=prompt)
        if variables["reply"] != "list":
            settings["max_new_tokens"] *= variables["count"]
        messages = []
        if template.has("system"):
            messages.append(Message("system", template.render("system", variables)))
        messages.append(Message("user", template.render("user" if template.has("user") else None, variables)))
        schema = None
        if variables["reply"] == "json":
            label_column = self.task.label_column if self.task.label_column in self.fields else None
            schema = reply_schema(list(self.task.columns), label_column, self.task.label_names)
            if variables["count"] > 1:
                schema = rows_schema(schema, variables["count"])
        return Request(Sampling(**settings), seed, messages=tuple(messages), schema=schema)


def _shown(row: RealRow) -> dict[str, Any]:
    """A real row as templates see it: line breaks would end it in a list, so they become spaces."""
    return {"columns": {name: " ".join(text.split()) for name, text in row.columns.items()}, "label": row.label}


def _ends(prompt: str, reply: str) -> tuple[str, ...]:
    """
    Where a text that continues a prompt ends: a list goes on for ever, and so do records, so each ends where the next
    one would begin; a text whose opening quotation mark ends the prompt also ends at the closing one.
    """
    stops = ("\n",) if reply == "text" else ("\n\n",)
    return (*stops, '"') if prompt.endswith('"') else stops


def _end_of_prompt(request: Request) -> str:
    return request.prompt if request.prompt is not None else request.messages[-1].content
