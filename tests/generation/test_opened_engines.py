import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth_builder.engines.base import EngineInfo, Message, Request, Sampling
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineError, EngineOverloadedError, EngineUnreachableError
from synth_builder.generation.checking import CheckerEngine
from synth_builder.generation.journal import Journal
from synth_builder.generation.opened_engines import answers_are_kept, opened_engines
from tests.small_tasks import sentence_of_the_seed


class Watched(ScriptedEngine):
    """Tells whether it is open, and is busy the first time that it is asked."""

    is_open = False

    def __init__(self, revision: str) -> None:
        self.was_busy = False
        super().__init__(self.busy_once, revision=revision)

    async def open(self) -> EngineInfo:
        self.is_open = True
        return await super().open()

    async def close(self) -> None:
        await super().close()
        self.is_open = False

    def busy_once(self, request: Request) -> str:
        if not self.was_busy:
            self.was_busy = True
            raise EngineOverloadedError("busy")
        return sentence_of_the_seed(request)


def request(seed: int) -> Request:
    return Request(Sampling(), seed, messages=(Message("user", "Write a sentence."),))


async def no_waiting(seconds: float) -> None:
    await asyncio.sleep(0)


POLICY = RetryPolicy(attempts=3, sleep=no_waiting)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


async def test_both_are_asked_told_of_by_name_and_closed(journal: Journal) -> None:
    writer, judge = Watched("writer"), Watched("judge")
    waits: list[tuple[str, str, int]] = []

    def note(who: str, error: EngineError, tries: int) -> None:
        waits.append((who, str(error), tries))

    async with opened_engines(writer, CheckerEngine(judge, "a"), journal, POLICY, on_wait=note) as (asker, asks):
        assert asks is not None
        await asker.ask(request(1))
        await asker.check(request(2))
        assert [one.seed for one in writer.requests[-1:]] == [1]
        assert [one.seed for one in judge.requests[-1:]] == [2]
        assert (writer.is_open, judge.is_open) == (True, True)
        assert asker.asked == 2
    assert (writer.is_open, judge.is_open) == (False, False)
    assert waits == [("the engine", "busy", 1), ("the checker", "busy", 1)]


async def test_without_a_checker_the_engine_answers_what_is_asked_about_rows(journal: Journal) -> None:
    writer = ScriptedEngine(sentence_of_the_seed)
    async with opened_engines(writer, None, journal, POLICY) as (asker, asks):
        assert asks is None
        await asker.check(request(2))
    assert [one.seed for one in writer.requests] == [2]


async def test_engines_are_closed_after_an_error_and_it_says_what_is_kept(journal: Journal) -> None:
    writer, judge = Watched("writer"), Watched("judge")
    told = pytest.raises(
        EngineUnreachableError, match=r"^gone\. The answer so far is kept: run the same again to go on"
    )
    with told, answers_are_kept(journal):
        async with opened_engines(writer, CheckerEngine(judge, "a"), journal, POLICY) as (asker, _):
            await asker.ask(request(1))
            raise EngineUnreachableError("gone.")
    assert (writer.is_open, judge.is_open) == (False, False)


def test_nothing_is_said_of_answers_where_there_are_none(journal: Journal) -> None:
    with pytest.raises(EngineUnreachableError, match=r"^gone$"), answers_are_kept(journal):
        raise EngineUnreachableError("gone")
