from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from synth_builder.engines.base import Message
from synth_builder.strategies.base import Draw, Ingredients, Setting, Strategy, StrategyOptions
from synth_builder.strategies.slot import Slot


class ConversationOptions(StrategyOptions):
    """
    Options of `conversation`.

    Args:
        context (`str`, *optional*):
            The scene, told before everything else: who the model is, where such texts stand.
        style (`str`, *optional*):
            How the texts shall be written.
        word_limit (`int`, *optional*):
            The most words that the prompt asks for. The model may write more; the filter `length` makes sure.
        diversity_every (`int`, defaults to 10):
            The request for something more diverse comes after so many rows of a conversation, again and again. The
            number in arXiv 2310.07849 is not known; this one is ours.
        turns (`int`, defaults to 20):
            Requests of one conversation; then a new one begins.
        history_words (`int`, defaults to 600):
            The latest replies are shown again up to so many words together, older ones are left out: all turns have to
            fit into the model's context.
        k (`int`, defaults to 0):
            Real rows, with their labels, in each request: the few-shot form. The number in arXiv 2310.07849 is not
            known; take 5 where you have no other reason.
    """

    context: str | None = Field(default=None, min_length=1)
    style: str | None = Field(default=None, min_length=1)
    word_limit: int | None = Field(default=None, ge=1)
    diversity_every: int = Field(default=10, ge=1)
    turns: int = Field(default=20, ge=1, le=1000)
    history_words: int = Field(default=600, ge=1)
    k: int = Field(default=0, ge=0, le=100)


class Conversation(Strategy):
    """
    One conversation after the other for each label, in which the model sees what it wrote before and is asked for
    something more diverse from time to time (arXiv 2310.07849, its zero-shot form, and with `k` its few-shot form). Of
    the wording only the request for diversity and the clause about imitation are the paper's; how many requests lie
    between and how many rows are shown is not known.
    """

    name = "conversation"
    papers = ("2310.07849",)
    Options: ClassVar[type[StrategyOptions]] = ConversationOptions
    prompt_forms = ("chat",)

    options: ConversationOptions

    def __init__(self, setting: Setting, options: ConversationOptions) -> None:
        super().__init__(setting, options)
        if options.k and setting.demonstrations is not None:
            setting.demonstrations.need(options.k, False, setting.variant)

    @classmethod
    def shows_real_rows(cls, options: StrategyOptions) -> bool:
        """In the few-shot form."""
        return isinstance(options, ConversationOptions) and options.k > 0

    @property
    def turns(self) -> int:
        """The option."""
        return self.options.turns

    def ingredients(self, slot: Slot) -> Ingredients:
        """A new sample of real rows for each request, of all labels as evenly as can be."""
        if not self.options.k or self.setting.demonstrations is None:
            return Ingredients()
        shown = self.setting.demonstrations.of_any_label(slot.rng("demonstrations"), self.options.k)
        return Ingredients(demonstrations=tuple(shown))

    def draw(self, slot: Slot, count: int = 1, history: Sequence[str] = ()) -> Draw:
        """The request, after the latest turns before it; those are told in short, without the real rows in them."""
        drawn = super().draw(slot, count, history)
        rows = self.rows_per_request
        earlier: list[Message] = []
        for turn, reply in _latest(history, self.options.history_words):
            variables = self._variables(slot, Ingredients(), turn) | {"count": rows, "earlier": True}
            block = "user" if self._template.has("user") else None
            earlier += [Message("user", self._template.render(block, variables)), Message("assistant", reply)]
        *before, asked = drawn.request.messages
        return replace(drawn, request=replace(drawn.request, messages=(*before, *earlier, asked)))

    def _variables(self, slot: Slot, ingredients: Ingredients, turn: int = 0) -> dict[str, Any]:
        return super()._variables(slot, ingredients, turn) | {
            "context": self.options.context,
            "style": self.options.style,
            "word_limit": self.options.word_limit,
            "earlier": False,
            "diversity": self._wants_diversity(turn),
        }

    def _wants_diversity(self, turn: int) -> bool:
        """Whether enough rows were asked for since the conversation began, or since the last time."""
        rows, every = self.rows_per_request, self.options.diversity_every
        return turn > 0 and turn * rows // every > (turn - 1) * rows // every


def _latest(history: Sequence[str], words: int) -> list[tuple[int, str]]:
    """
    The latest replies that have so many words together, each with its turn. The latest of all is cut where it alone
    has more, and replies without words, which a failed request leaves, are passed over.
    """
    found: list[tuple[int, str]] = []
    for turn in range(len(history) - 1, -1, -1):
        told = history[turn].split()
        if len(told) > words:
            return found or [(turn, " ".join(told[:words]))]
        if told:
            found.insert(0, (turn, history[turn].strip()))
            words -= len(told)
    return found
