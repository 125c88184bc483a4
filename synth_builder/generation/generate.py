import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Completion, Engine, EngineInfo, Request
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import EngineError, EngineReplyError, JournalError
from synth_builder.generation.asking import Asker
from synth_builder.generation.budget import Budget
from synth_builder.generation.event_loop import run_coroutine
from synth_builder.generation.filter_report import FilterReport
from synth_builder.generation.journal import Journal
from synth_builder.generation.judging import Judge
from synth_builder.generation.loop import Loop
from synth_builder.generation.setup import Setup
from synth_builder.generation.spool import Spool
from synth_builder.generation.tally import Tally
from synth_builder.progress import Bar, bar
from synth_builder.recipes.fingerprint import digest
from synth_builder.strategies.base import Strategy

JOURNAL_NAME = "journal.sqlite"


@dataclass(frozen=True)
class Generated:
    """
    What a generation gives: rows and rejections on the disk, and everything that is known about them.

    Args:
        setup (`Setup`):
            What was generated.
        info (`EngineInfo`):
            Who answered.
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
            Requests that went to the engine in this run; the others stood in the journal.
        seconds (`float`):
            Duration of this run.
        answered_between (`tuple[float, float]`, *optional*):
            Times (seconds since 1970) of the first and the last answer in the journal.
    """

    setup: Setup
    info: EngineInfo
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
        """Hash of recipe and model together: equal identities have equal rows."""
        return digest({"fingerprint": self.setup.fingerprint, "engine": self.info.identity()})

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

    Returns:
        `Generated`: Rows, rejections, tally. Close it when the rows were read.

    Raises:
        BudgetReachedError: The budget is used up; what was answered is in the journal.
        EngineError: The engine can't be reached, changed, or stopped answering; what was answered is in the journal.
        JournalError: The journal can't be used, or another build uses it.
    """
    return run_coroutine(_generate(setup, engine, folder, policy or RetryPolicy(), budget, pilot))


async def _generate(
    setup: Setup, engine: Engine, folder: Path, policy: RetryPolicy, budget: Budget | None, pilot: int | None
) -> Generated:
    started = time.monotonic()
    with Journal(folder / JOURNAL_NAME) as journal:
        plan = setup.plan()
        tally = Tally(plan.quotas)
        accepted, rejections = _spools(folder)
        try:
            with bar(plan.rows, setup.variant.name, "row") as shown:
                async with engine:
                    asker = Asker(
                        engine,
                        journal,
                        policy,
                        lambda error, tries, _: shown.set_postfix(_waiting(error, tries)),
                        budget,
                    )
                    try:
                        info = await asker.info()
                        strategy = setup.strategy(info)
                        await _prepare(strategy, asker, tally)
                        judge = Judge(
                            strategy,
                            setup.filters(strategy.setting.prompt_form, info.grammar),
                            tally,
                            accepted,
                            rejections,
                        )
                        progress = _Progress(shown, tally)
                        await Loop(plan, strategy, asker, judge, progress, pilot).run(engine.concurrency)
                        if pilot is None:
                            asker.keep_failures()
                    except EngineError as error:
                        kept = len(journal)
                        if not kept:
                            raise
                        raise type(error)(
                            f"{error} The {kept} answers so far are kept: run the same again to go on from there."
                        ) from error
            tally.balance()
            accepted.finish()
            rejections.finish()
            return Generated(
                setup=setup,
                info=info,
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


def _spools(folder: Path) -> tuple[Spool, Spool]:
    try:
        return Spool(folder / "accepted.jsonl"), Spool(folder / "rejections.jsonl")
    except OSError as error:
        raise JournalError(f"Rows can't be written to {str(folder)!r}: {error}.") from error


async def _prepare(strategy: Strategy, asker: Asker, tally: Tally) -> None:
    """Rounds of requests before the first row, each round at once."""
    rounds = strategy.prepare()
    try:
        requests = next(rounds)
        while True:
            requests = rounds.send(await _round(requests, asker, tally))
    except StopIteration:
        return


async def _round(requests: list[Request], asker: Asker, tally: Tally) -> list[Completion]:
    completions = []
    for answer in await asyncio.gather(*(asker.ask(request) for request in requests)):
        tally.preparation_requests += 1
        if answer.completion is None:
            raise EngineReplyError(f"A request that had to come before the first row failed: {answer.failure}")
        tally.spend(answer.completion.prompt_tokens, answer.completion.completion_tokens)
        completions.append(answer.completion)
    return completions


class _Progress:
    """Rows per label, rejections and tokens behind the bar, a few times a second."""

    def __init__(self, shown: Bar, tally: Tally) -> None:
        self._bar = shown
        self._tally = tally
        self._next = 0.0

    def __call__(self, accepted: bool) -> None:
        if accepted:
            self._bar.update(1)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.25
            totals: dict[str, int] = {}
            for counts in self._tally.accepted.values():
                for label, count in counts.items():
                    totals[label] = totals.get(label, 0) + count
            labels = " ".join(f"{label} {count}" for label, count in list(totals.items())[:6])
            rejected = self._tally.rejected.total()
            tokens = self._tally.prompt_tokens + self._tally.completion_tokens
            self._bar.set_postfix(f"{labels} | {rejected} rejected | {tokens:,} tokens")


def _waiting(error: EngineError, tries: int) -> str:
    return f"waiting for the engine after {tries} tries: {str(error)[:60]}"
