from collections.abc import Iterable
from dataclasses import dataclass

from synth_builder.distributed.storage.known_storages import bring_home
from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.limits import RetryPolicy
from synth_builder.generation.budget import Budget
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.lock import BuildLock
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import WORK, ReleaseFolder
from synth_builder.verbs.preparation import prepared


@dataclass(frozen=True)
class Pilot:
    """
    What a small share of a build says about the whole.

    Args:
        name (`str`):
            The variant.
        rows (`int`):
            Rows of the whole.
        asked, accepted (`int`):
            Rows of the pilot.
        by_label (`dict[str, tuple[int, int]]`):
            Label -> accepted and asked rows of the pilot.
        rejected (`dict[str, int]`):
            Reason -> rows.
        requests, tokens (`float`):
            Estimates for the whole: as many requests per row as the share of accepted rows of each label makes
            necessary, as many tokens per request as in the pilot, those of the checker among them.
        cost (`float`, *optional*):
            Estimate for the whole; not given without prices.
        seconds (`float`, *optional*):
            Estimate for the whole at the pilot's speed; not given when all answers stood in the journal.
    """

    name: str
    rows: int
    asked: int
    accepted: int
    by_label: dict[str, tuple[int, int]]
    rejected: dict[str, int]
    requests: float
    tokens: float
    cost: float | None
    seconds: float | None

    @property
    def acceptance(self) -> float:
        """Share of the asked rows that were accepted."""
        return self.accepted / self.asked if self.asked else 0.0


def pilot(
    recipe: Recipe,
    names: Iterable[str],
    release: ReleaseFolder,
    engine: Engine | str,
    settings: EngineSettings,
    requests: int,
    *,
    checker: EngineChoice | None = None,
    policy: RetryPolicy | None = None,
    budget: Budget | None = None,
) -> list[Pilot]:
    """
    Ask the first requests of variants, and tell what their builds will take. The answers stand in the journals of the
    release folder: the build does not ask them again. No row is released.

    Args:
        recipe (`Recipe`):
            What to build.
        names (`Iterable[str]`):
            Its variants.
        release (`ReleaseFolder`):
            Where the build goes.
        engine (`Engine` or `str`):
            Who writes the rows.
        settings (`EngineSettings`):
            What the user said about the engine.
        requests (`int`):
            Requests for rows of each variant.
        checker (`EngineChoice`, *optional*):
            Who is asked what filters ask about rows; the engine itself when not given.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engines.
        budget (`Budget`, *optional*):
            How much each variant may use, and what it costs.

    Raises:
        SynthBuilderError: One of its kinds; see `synth_builder.errors`.
    """
    variants = prepared(recipe, names, engine, settings, checker)
    found = []
    with BuildLock(release.path / WORK):
        for one in variants:
            work = release.work(one.setup.variant.name)
            work.mkdir(parents=True, exist_ok=True)
            bring_home(work)
            generated = generate(
                one.setup, one.engine, work, policy, budget=budget, pilot=requests, checker=one.checker
            )
            generated.close()
            found.append(estimate(generated, budget))
    return found


def estimate(generated: Generated, budget: Budget | None = None) -> Pilot:
    """What the generation of the first requests says about all."""
    tally = generated.tally
    by_label: dict[str, tuple[int, int]] = {}
    for quota in tally.quotas.values():
        for label in quota:
            accepted = sum(counts[label] for counts in tally.accepted.values())
            refused = sum(labels[label] for labels in tally.rejected_labels.values())
            by_label[label] = (accepted, accepted + refused)
    quotas: dict[str, int] = {}
    for quota in tally.quotas.values():
        for label, count in quota.items():
            quotas[label] = quotas.get(label, 0) + count
    overall = tally.rows / tally.asked if tally.asked else 0.0
    rows_to_ask = 0.0
    for label, count in quotas.items():
        accepted, asked = by_label[label]
        # A label that had no luck in a small pilot is supposed to be half as good as one row in it would make it.
        share = accepted / asked if accepted else min(overall, 0.5 / asked) if asked else overall
        rows_to_ask += count / share if share else 0.0
    scale = rows_to_ask / tally.asked if tally.asked else 0.0
    prompt, completion = tally.prompt_tokens * scale, tally.completion_tokens * scale
    checker_prompt, checker_completion = (tokens * scale for tokens in tally.checker_tokens)
    cost = None
    if budget is not None and budget.priced:
        cost = budget.cost(prompt, completion, (checker_prompt, checker_completion))
    return Pilot(
        name=generated.setup.variant.name,
        rows=sum(quotas.values()),
        asked=tally.asked,
        accepted=tally.rows,
        by_label=by_label,
        rejected=dict(tally.rejected),
        requests=rows_to_ask / generated.setup.rows_per_request + tally.check_requests * scale,
        tokens=prompt + completion + checker_prompt + checker_completion,
        cost=cost,
        seconds=generated.seconds * scale if generated.asked_now else None,
    )
