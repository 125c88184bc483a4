import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineInfo, Request
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Ask, Slot
from synth_builder.verbs.build import as_recipe

CHARACTERS_PER_TOKEN = 4  # a rule of thumb for English; the servers' own counts stand in the provenance after a build
REPLY = "<the model's reply>"


@dataclass(frozen=True)
class VariantPreview:
    """
    What a build of a variant would send.

    Args:
        name (`str`):
            The variant.
        first (`tuple[Request, ...]`):
            Requests before the first row (topics).
        rows (`tuple[tuple[Slot, Request], ...]`):
            Requests for some rows, as they would be sent, each with the first slot that it is for.
        replies (`tuple[str | None, ...]`):
            For each of them the reply, where the strategy gives it itself and no model is asked.
        requests (`int`):
            The fewest requests that a build needs: those for the rows, and those before the first row. 0 where no
            model is asked.
        prompt_tokens (`int`):
            Estimated tokens of their prompts, at four characters a token.
        completion_tokens (`int`):
            The most tokens that their replies can have.
    """

    name: str
    first: tuple[Request, ...]
    rows: tuple[tuple[Slot, Request], ...]
    replies: tuple[str | None, ...]
    requests: int
    prompt_tokens: int
    completion_tokens: int


def preview(
    recipe: Recipe | str | Path | Mapping[str, Any],
    variant: str | None = None,
    n: int = 3,
    *,
    overrides: Iterable[str] = (),
) -> list[VariantPreview]:
    """
    Prompts as they would be sent, and an estimate of what a build takes. Calls nothing.

    Args:
        recipe (`Recipe`, `str`, `Path` or `dict`):
            The recipe, where it is, or its keys as plain values.
        variant (`str`, *optional*):
            Which variant; all when not given.
        n (`int`, defaults to 3):
            Requests to show of each variant.
        overrides (`Iterable[str]`, defaults to `()`):
            `key.path=value` settings over the recipe, when it is given as a file.

    Returns:
        `list[VariantPreview]`: One for each variant.

    Raises:
        RecipeError: The recipe can't be used.
        RealDataError: The real rows that a variant needs are missing or do not fit.
    """
    recipe = as_recipe(recipe, overrides)
    return [preview_variant(recipe, name, n) for name in ([variant] if variant else recipe.variants)]


def preview_variant(recipe: Recipe, name: str, n: int = 0) -> VariantPreview:
    """
    The same for one variant of a recipe that was read already.

    Args:
        recipe (`Recipe`):
            The recipe.
        name (`str`):
            The variant.
        n (`int`, defaults to 0):
            Requests to show.
    """
    setup = set_up(recipe, name)
    # No engine is asked: a chat model without grammars is supposed, the commonest case.
    strategy = setup.strategy(EngineInfo(engine="", model=""))
    first = tuple(next(strategy.prepare(), []))
    strategy.suppose()
    asks = list(setup.plan().asks(strategy.rows_per_request, strategy.turns))
    # A few more than are shown, so that one long demonstration does not decide the estimate.
    sample = random.Random(0).sample(asks, min(len(asks), 50))
    drawn = [_draw(strategy, ask) for ask in sample]
    mean = sum(_characters(draw.request) for draw in drawn if draw.reply is None) / len(drawn)
    asked = [draw for draw in drawn if draw.reply is None]
    characters = mean * len(asks) + sum(_characters(request) for request in first)
    shown = [_draw(strategy, ask) for ask in asks[:n]]
    most = setup.variant.generation.sampling.max_new_tokens
    return VariantPreview(
        name=name,
        first=first,
        rows=tuple((ask.first, draw.request) for ask, draw in zip(asks, shown, strict=False)),
        replies=tuple(draw.reply for draw in shown),
        requests=len(asks) * bool(asked) + len(first),
        prompt_tokens=round(characters / CHARACTERS_PER_TOKEN),
        completion_tokens=(sum(len(ask.slots) for ask in asks) * bool(asked) + len(first)) * most,
    )


def _draw(strategy: Strategy, ask: Ask) -> Draw:
    """A request with stand-ins for the replies of the earlier turns."""
    return strategy.draw(ask.first, len(ask.slots), [REPLY] * ask.turn)


def _characters(request: Request) -> int:
    return len(request.prompt or "") + sum(len(message.content) for message in request.messages)
