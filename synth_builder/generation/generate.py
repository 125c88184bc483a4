import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Engine, EngineInfo
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import EngineError, JournalError
from synth_builder.generation.ask_queue import AskQueue
from synth_builder.generation.budget import Budget
from synth_builder.generation.build_progress import BuildProgress
from synth_builder.generation.checking import CheckerEngine, hold_to_checker
from synth_builder.generation.event_loop import run_coroutine
from synth_builder.generation.filter_report import FilterReport
from synth_builder.generation.journal import build_journal
from synth_builder.generation.judging import Judge
from synth_builder.generation.loop import Loop
from synth_builder.generation.opened_engines import answers_are_kept, opened_engines
from synth_builder.generation.preparation import prepare
from synth_builder.generation.setup import Setup
from synth_builder.generation.spool import Spool
from synth_builder.generation.tally import Tally
from synth_builder.progress import Bar, bar
from synth_builder.recipes.fingerprint import digest


@dataclass(frozen=True)
class Generated:
    """
    What a generation gives: rows and rejections on the disk, and everything that is known about them.

    Args:
        setup (`Setup`):
            What was generated.
        info (`EngineInfo`):
            Who answered.
        checker (`EngineInfo`, *optional*):
            Who was asked about the rows, where that was another.
        tally (`Tally`):
            The ledger.
        filter_report (`FilterReport`):
            What each filter rejected.
        facts (`dict[str, Any]`):
            What the strategy found out first (topics).
        prompt_form (`str`):
            `chat` or `completion`.
        reply_form (`str`):
            `text`, `json` or `tagged`.
        asked_now (`int`):
            Requests that went to the engine and to the checker in this run; the others stood in the journal. On a
            cluster those are left out that nobody knows of: under way when their process was killed.
        seconds (`float`):
            Duration of this run.
        answered_between (`tuple[float, float]`, *optional*):
            Times (seconds since 1970) of the first and the last answer in the journal.
    """

    setup: Setup
    info: EngineInfo
    checker: EngineInfo | None
    tally: Tally
    filter_report: FilterReport
    facts: dict[str, Any]
    prompt_form: str
    reply_form: str
    asked_now: int
    seconds: float
    answered_between: tuple[float, float] | None
    accepted: Spool
    rejections: Spool

    @property
    def identity(self) -> str:
        """Hash of recipe and models together: equal identities have equal rows."""
        decides = {"fingerprint": self.setup.fingerprint, "engine": self.info.identity()}
        if self.checker is not None:
            decides["checker"] = self.checker.identity()
        return digest(decides)

    def rows(self, split: str) -> Iterator[dict[str, Any]]:
        """Accepted rows of a split, in the order of the plan."""
        return (row for _, row in self.accepted.rows(split))

    def rejected(self) -> Iterator[dict[str, Any]]:
        """Rejections of all splits, in the order of the plan."""
        for split in self.rejections.splits():
            yield from (row for _, row in self.rejections.rows(split))

    def close(self) -> None:
        """Remove the files that rows and rejections waited in; the journal stays."""
        self.accepted.close()
        self.rejections.close()


def generate(
    setup: Setup,
    engine: Engine,
    folder: Path,
    policy: RetryPolicy | None = None,
    *,
    budget: Budget | None = None,
    pilot: int | None = None,
    checker: CheckerEngine | None = None,
) -> Generated:
    """
    Ask until the rows are there, or until the draws are used up.

    Args:
        setup (`Setup`):
            What to generate.
        engine (`Engine`):
            Who is asked. It is opened when the journal does not hold an answer, and closed at the end.
        folder (`Path`):
            Where the journal is kept. A second call with the same folder asks nothing again.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engine.
        budget (`Budget`, *optional*):
            How much may be used.
        pilot (`int`, *optional*):
            End after the first so many requests of the plan, none of them repeated. They stand in the journal when the
            whole is built.
        checker (`CheckerEngine`, *optional*):
            Who is asked what filters ask about rows; the engine itself when not given.

    Returns:
        `Generated`: Rows, rejections, tally. Close it when the rows were read.

    Raises:
        BudgetReachedError: The budget is used up; what was answered is in the journal.
        EngineError: The engine or the checker can't be reached, changed, or stopped answering; what was answered is in
            the journal.
        JournalError: The journal can't be used, or another build uses it.
    """
    checker = checker if setup.has_checks else None
    return run_coroutine(_generate(setup, engine, checker, folder, policy or RetryPolicy(), budget, pilot))


async def _generate(
    setup: Setup,
    engine: Engine,
    checker: CheckerEngine | None,
    folder: Path,
    policy: RetryPolicy,
    budget: Budget | None,
    pilot: int | None,
) -> Generated:
    started = time.monotonic()
    with build_journal(folder) as journal:
        if pilot is None and setup.has_checks:
            hold_to_checker(journal, checker)
        plan = setup.plan()
        tally = Tally(plan.quotas, has_checker=checker is not None)
        accepted, rejections = spools(folder)
        try:
            with bar(plan.rows, setup.variant.name, "row") as shown, answers_are_kept(journal):
                async with opened_engines(engine, checker, journal, policy, budget, _tell(shown)) as (asker, asks):
                    info = await asker.info()
                    checker_info = await asks.info() if asks is not None else None
                    if pilot is None and checker is not None:
                        journal.set_checker(checker.named)
                    strategy = setup.strategy(info)
                    await prepare(strategy, asker, tally)
                    filters = setup.fitted_filters(strategy, info, checker_info)
                    judge = Judge(strategy, filters, tally, accepted, rejections)
                    progress = BuildProgress(shown, tally)
                    # Each has a limit of its own; the slower one must not keep the other from having enough to do.
                    concurrency = max(engine.concurrency, checker.engine.concurrency if checker else 1)
                    queue = AskQueue.of_plan(plan, strategy.rows_per_request, strategy.turns, pilot)
                    await Loop(queue, strategy, asker, judge, progress).run(concurrency)
                    if pilot is None:
                        asker.keep_failures()
            tally.balance()
            accepted.finish()
            rejections.finish()
            return Generated(
                setup=setup,
                info=info,
                checker=checker_info,
                tally=tally,
                filter_report=judge.report,
                facts=strategy.facts(),
                prompt_form=strategy.setting.prompt_form,
                reply_form=strategy.reply_form,
                asked_now=asker.asked,
                seconds=time.monotonic() - started,
                answered_between=journal.span(),
                accepted=accepted,
                rejections=rejections,
            )
        except BaseException:
            accepted.close()
            rejections.close()
            raise


def spools(folder: Path) -> tuple[Spool, Spool]:
    """Where accepted rows and rejections of a build wait for being written."""
    try:
        return Spool(folder / "accepted.jsonl"), Spool(folder / "rejections.jsonl")
    except OSError as error:
        raise JournalError(f"Rows can't be written to {str(folder)!r}: {error}.") from error


def _tell(shown: Bar) -> Callable[[str, EngineError, int], None]:
    """Shows behind the bar whom a request waits for."""
    return lambda who, error, tries: shown.set_postfix(f"waiting for {who} after {tries} tries: {str(error)[:60]}")
