import time
from dataclasses import dataclass
from pathlib import Path

from synth_builder.distributed.cluster import Cluster
from synth_builder.distributed.duplicates.keyed_duplicates import KeyedDuplicates
from synth_builder.distributed.final_pass import FinalPass
from synth_builder.distributed.leasing.leases import LEASE_SECONDS
from synth_builder.distributed.recorded_filters import recorded_filters
from synth_builder.distributed.shard import Asked
from synth_builder.distributed.shard_files import remove_shards
from synth_builder.distributed.storage.build_storage import BuildStorage
from synth_builder.distributed.wave import Wave
from synth_builder.distributed.wave_asking import WaveAsking
from synth_builder.engines.base import Completion
from synth_builder.engines.choose import EngineChoice, make_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.generation.budget import Budget
from synth_builder.generation.build_progress import BuildProgress
from synth_builder.generation.checking import CheckerEngine, hold_to_checker
from synth_builder.generation.event_loop import run_coroutine
from synth_builder.generation.generate import Generated, spools
from synth_builder.generation.journal import build_journal
from synth_builder.generation.judging import Judge
from synth_builder.generation.opened_engines import answers_are_kept, opened_engines
from synth_builder.generation.preparation import prepare, replay
from synth_builder.generation.setup import Setup
from synth_builder.generation.tally import Tally
from synth_builder.progress import bar
from synth_builder.recipes.fingerprint import digest


def generate_sharded(
    setup: Setup,
    engine: EngineChoice,
    folder: Path,
    cluster: Cluster,
    shards: int,
    policy: RetryPolicy | None = None,
    *,
    budget: Budget | None = None,
    checker: EngineChoice | None = None,
    checker_named: str = "",
    lease_seconds: float = LEASE_SECONDS,
    storage: str | None = None,
) -> Generated:
    """
    As `generate`, with the same rows, by many processes.

    Requests are asked in waves: the plan, then the further draws of all slots that got no row, and so on, which is the
    order in which one process asks. The shards of a wave ask and read their part of it, and write down what each reply
    came to. Then one pass over all of it, in the order of the plan, decides which rows stay.

    Args:
        setup (`Setup`):
            What to generate.
        engine (`EngineChoice`):
            Who is asked, by name: each shard makes an engine of its own.
        folder (`Path`):
            Where journals and shards are kept: a folder that all machines of the cluster share, unless there is a
            storage.
        cluster (`Cluster`):
            Where the shards are run.
        shards (`int`):
            Parts of a wave; never more than a plan has requests for.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engines.
        budget (`Budget`, *optional*):
            How much may be used, by all shards together.
        checker (`EngineChoice`, *optional*):
            Who is asked what filters ask about rows, by name.
        checker_named (`str`, defaults to `""`):
            Hash of the checker as the user named it.
        lease_seconds (`float`, defaults to 10.0):
            How long a shard's share of the servers holds when its process dies; how much was used is told eight times
            in it.
        storage (`str`, *optional*):
            URL of a folder that all machines reach; then nothing else is shared. What is left there is removed with
            `known_storages.leave`, when the rows were read.

    Returns:
        `Generated`: Rows, rejections, tally. Close it when the rows were read.

    Raises:
        SynthBuilderError: As `generate`.
    """
    started, began = time.monotonic(), time.time()
    policy = policy or RetryPolicy()
    asked = 0
    tally = Tally(setup.plan().quotas, has_checker=checker is not None and setup.has_checks)
    named = (checker, checker_named) if checker is not None and setup.has_checks else None
    opening = run_coroutine(_open(setup, engine, named, folder, policy, budget, tally))
    accepted, rejections = spools(folder)
    filters = recorded_filters(setup, folder / "shards" / "sorting")
    try:
        strategy = setup.strategy(opening.writer.info)
        replay(strategy, opening.prepared)
        judge = Judge(strategy, filters, tally, accepted, rejections)
        plan = setup.plan()
        final = FinalPass(plan, strategy, judge, filters)
        identity = _identity(setup, opening)
        stored = _stored(storage, setup, opening, identity, folder) if storage is not None else None
        parts = min(shards, plan.most_parts(strategy.rows_per_request, strategy.turns))
        wave: Wave | None = Wave.of_plan(folder, identity, parts)
        waves = []
        asking = WaveAsking(
            setup=setup,
            writer=opening.writer,
            checker=opening.checker,
            prepared=opening.prepared,
            policy=policy,
            budget=budget,
            lease_seconds=lease_seconds,
            stored=stored,
            in_turns=strategy.turns > 1,
        )
        with bar(plan.rows, setup.variant.name, "row", paced=False) as rows:
            progress = BuildProgress(rows, tally)
            while wave is not None:
                waves.append(wave)
                asked += asking.ask(wave, cluster, tally)
                wave = final.settle(wave, progress)
                progress.show()
        tally.balance()
        accepted.finish()
        rejections.finish()
        if stored is not None:
            stored.finish(waves)
        remove_shards(folder)
        answered, span = _answered(folder, began)
        return Generated(
            setup=setup,
            info=opening.writer.info,
            checker=opening.checker.info if opening.checker else None,
            tally=tally,
            filter_report=judge.report,
            facts=strategy.facts(),
            prompt_form=strategy.setting.prompt_form,
            reply_form=strategy.reply_form,
            # What a try of a shard asked before it was killed is told by the answers that it left.
            asked_now=max(opening.asked + asked, answered),
            seconds=time.monotonic() - started,
            answered_between=span,
            accepted=accepted,
            rejections=rejections,
        )
    except BaseException:
        accepted.close()
        rejections.close()
        raise
    finally:
        for one in filters:
            if isinstance(one, KeyedDuplicates):
                one.close()


@dataclass(frozen=True)
class _Opening:
    """What has to be known before the first wave: who answers, and the replies that prompts are made of."""

    writer: Asked
    checker: Asked | None
    prepared: list[list[Completion]]
    asked: int


async def _open(
    setup: Setup,
    choice: EngineChoice,
    named: tuple[EngineChoice, str] | None,
    folder: Path,
    policy: RetryPolicy,
    budget: Budget | None,
    tally: Tally,
) -> _Opening:
    checker = CheckerEngine(make_engine(named[0].engine, named[0].settings), named[1]) if named is not None else None
    with build_journal(folder) as journal:
        if setup.has_checks:
            hold_to_checker(journal, checker)
        engine = make_engine(choice.engine, choice.settings)
        with answers_are_kept(journal):
            async with opened_engines(engine, checker, journal, policy, budget) as (asker, asks):
                writer, asked_of_rows = Asked(choice, await asker.info()), None
                if named is not None and asks is not None:
                    asked_of_rows = Asked(named[0], await asks.info(), named[1])
                    journal.set_checker(named[1])
                prepared = await prepare(setup.strategy(writer.info), asker, tally)
                return _Opening(writer, asked_of_rows, prepared, asker.asked)


def _identity(setup: Setup, opening: _Opening) -> str:
    """Hash of everything that decides what shards write down."""
    info, checker = opening.writer.info, opening.checker
    return digest(
        {
            "fingerprint": setup.fingerprint,
            "engine": info.identity(),
            "chat_template": info.chat_template,
            "grammar": info.grammar,
            "checker": checker.info.identity() if checker is not None else None,
        }
    )


def _stored(url: str, setup: Setup, opening: _Opening, identity: str, folder: Path) -> BuildStorage:
    # What was answered before the first row stands in this machine's journal. Another machine that goes on from the
    # storage may have been answered otherwise, and its prompts are others then.
    prepared = [[completion.text for completion in replies] for replies in opening.prepared]
    stored = BuildStorage(url, f"{setup.variant.name}-{digest({'identity': identity, 'prepared': prepared})}", folder)
    stored.begin()
    return stored


def _answered(folder: Path, began: float) -> tuple[int, tuple[float, float] | None]:
    """Requests that were answered since a moment, and between which moments all were."""
    with build_journal(folder) as journal:
        return journal.answered_since(began), journal.span()
