"""Builds that are small, with many rows that are equal or nearly so."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth_builder.distributed.sharded import generate_sharded
from synth_builder.engines.base import Request
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineUnreachableError
from synth_builder.generation.generate import Generated
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe
from tests.distributed.in_process import InProcess
from tests.small_tasks import some_unusable

FILTERS = ["length", "refusal", "label_leakage", {"duplicates": {"threshold": 0.3}}, "demonstration_copies"]


def setup_of(data: dict[str, Any], folder: Path, **variant: Any) -> Setup:
    data["generation"] |= {"rows": {"train": 60, "validation": 11}, "filters": FILTERS}
    data["variants"] = {"made": {"strategy": "zero_shot", **variant}}
    return set_up(Recipe.from_dict(data, directory=folder), "made")


def repetitive(request: Request) -> str:
    """Sentences of which many are equal or nearly so, and some too short."""
    return some_unusable(5)(dataclasses.replace(request, seed=request.seed % 131))


def engine(reply: Callable[[Request], str] = repetitive, **options: Any) -> ScriptedEngine:
    return ScriptedEngine(reply, revision="1", **options)


def everything(generated: Generated) -> dict[str, Any]:
    """All that a build makes of a generation, but for how long it took."""
    found = {
        "rows": {split: list(generated.rows(split)) for split in ("train", "validation")},
        "rejected": list(generated.rejected()),
        "tally": generated.tally.to_dict(),
        "filters": generated.filter_report.to_list(),
        "facts": generated.facts,
        "identity": generated.identity,
        "forms": (generated.prompt_form, generated.reply_form),
    }
    generated.close()
    return found


def sharded(
    setup: Setup,
    folder: Path,
    shards: int,
    asked: ScriptedEngine | None = None,
    cluster: InProcess | None = None,
    **options: Any,
) -> dict[str, Any]:
    choice = EngineChoice(asked or engine())
    return everything(generate_sharded(setup, choice, folder, cluster or InProcess(), shards, **options))


class Counting:
    """Counts how often each request is asked, and breaks down at some of them."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.asked: Counter[tuple[str, int]] = Counter()
        self.breaks_after = breaks_after

    def __call__(self, request: Request) -> str:
        if self.breaks_after is not None and self.asked.total() >= self.breaks_after:
            raise EngineUnreachableError("the server is gone")
        self.asked[request.messages[-1].content, request.seed] += 1
        return repetitive(request)
