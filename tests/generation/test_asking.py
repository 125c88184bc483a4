import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth_builder.engines.base import Completion, EngineInfo, Message, Request, Sampling
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import (
    EngineAuthError,
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RequestRefusedError,
)
from synth_builder.generation.asking import FAILURES_IN_A_ROW, Asker
from synth_builder.generation.journal import Journal, request_key
from tests.small_tasks import sentence_of_the_seed


async def no_waiting(seconds: float) -> None:
    await asyncio.sleep(0)


POLICY = RetryPolicy(attempts=3, sleep=no_waiting)


class ClosedEngine(ScriptedEngine):
    """A server that is down."""

    async def open(self) -> EngineInfo:
        raise EngineUnreachableError("nobody listens")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


def request(seed: int) -> Request:
    return Request(Sampling(), seed, messages=(Message("user", "Write a sentence."),))


def refusing(wanted: Callable[[int], bool]) -> Callable[[Request], str]:
    def reply(asked: Request) -> str:
        if wanted(asked.seed):
            raise RequestRefusedError(f"seed {asked.seed} is refused")
        return sentence_of_the_seed(asked)

    return reply


async def test_what_the_engine_says_is_in_the_journal_and_is_not_asked_again(journal: Journal) -> None:
    engine = ScriptedEngine(sentence_of_the_seed)
    asker = Asker(engine, journal, POLICY)
    first = await asker.ask(request(1))
    assert first.completion is not None and first.completion.text == sentence_of_the_seed(request(1))
    assert journal.get(first.key) == first.completion
    assert first.key == request_key(await asker.info(), request(1))
    assert await asker.ask(request(1)) == first
    assert len(engine.requests) == asker.asked == 1


async def test_a_full_journal_answers_without_the_engine_being_opened(journal: Journal) -> None:
    asker = Asker(ScriptedEngine(sentence_of_the_seed), journal, POLICY)
    answers = [await asker.ask(request(seed)) for seed in range(3)]
    again = Asker(ClosedEngine(sentence_of_the_seed), journal, POLICY)
    assert [await again.ask(request(seed)) for seed in range(3)] == answers
    assert again.asked == 0
    with pytest.raises(EngineUnreachableError):
        await again.ask(request(3))


async def test_with_an_empty_journal_the_engine_has_to_be_there(journal: Journal) -> None:
    with pytest.raises(EngineUnreachableError, match="nobody listens"):
        await Asker(ClosedEngine(sentence_of_the_seed), journal, POLICY).info()


async def test_the_engine_is_opened_once_however_many_ask_at_once(journal: Journal) -> None:
    class Counting(ScriptedEngine):
        opened = 0

        async def open(self) -> EngineInfo:
            self.opened += 1
            await asyncio.sleep(0)
            return await super().open()

    engine = Counting(sentence_of_the_seed)
    asker = Asker(engine, journal, POLICY)
    await asyncio.gather(*(asker.ask(request(seed)) for seed in range(20)))
    assert engine.opened == 1


async def test_no_more_requests_are_under_way_than_the_engine_takes(journal: Journal) -> None:
    class Counting(ScriptedEngine):
        under_way = 0
        most = 0

        async def complete(self, request: Request) -> Completion:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0.001)
            self.under_way -= 1
            return await super().complete(request)

    engine = Counting(sentence_of_the_seed, concurrency=4)
    asker = Asker(engine, journal, POLICY)
    await asyncio.gather(*(asker.ask(request(seed)) for seed in range(30)))
    assert engine.most == 4


async def test_a_request_that_is_refused_for_now_is_tried_again(journal: Journal) -> None:
    told: list[tuple[str, int]] = []
    tries = iter([True, True, False])

    def reply(asked: Request) -> str:
        if next(tries):
            raise EngineOverloadedError("busy")
        return "A sentence."

    asker = Asker(ScriptedEngine(reply), journal, POLICY, lambda error, count, _: told.append((str(error), count)))
    answer = await asker.ask(request(1))
    assert answer.completion is not None and answer.completion.text == "A sentence."
    assert told == [("busy", 1), ("busy", 2)]
    assert asker.asked == 1


async def test_a_server_that_stays_busy_stops_the_build(journal: Journal) -> None:
    def reply(asked: Request) -> str:
        raise EngineOverloadedError("busy")

    with pytest.raises(EngineOverloadedError, match="Given up after 3 tries"):
        await Asker(ScriptedEngine(reply), journal, POLICY).ask(request(1))
    assert len(journal) == 0


@pytest.mark.parametrize("kind", [RequestRefusedError, EngineReplyError])
async def test_a_failure_is_an_answer_but_stays_out_of_the_journal_until_the_end(
    journal: Journal, kind: type[EngineError]
) -> None:
    def reply(asked: Request) -> str:
        raise kind("too long")

    engine = ScriptedEngine(reply, revision="1")
    asker = Asker(engine, journal, POLICY)
    answer = await asker.ask(request(1))
    assert answer.completion is None and answer.failure is not None and "too long" in answer.failure
    assert len(journal) == 0
    # A run that was stopped here asks again, and may have more luck.
    mended = Asker(ScriptedEngine(sentence_of_the_seed, revision="1"), journal, POLICY)
    assert (await mended.ask(request(1))).completion is not None


async def test_failures_that_are_kept_are_not_asked_again(journal: Journal) -> None:
    asker = Asker(ScriptedEngine(refusing(lambda seed: True), revision="1"), journal, POLICY)
    answer = await asker.ask(request(1))
    asker.keep_failures()
    again = Asker(ClosedEngine(sentence_of_the_seed, revision="1"), journal, POLICY)
    assert await again.ask(request(1)) == answer
    assert again.asked == 0


async def test_twenty_failures_in_a_row_stop_the_build(journal: Journal) -> None:
    asker = Asker(ScriptedEngine(refusing(lambda seed: True)), journal, POLICY)
    for seed in range(FAILURES_IN_A_ROW - 1):
        assert (await asker.ask(request(seed))).failure == f"seed {seed} is refused"
    with pytest.raises(RequestRefusedError, match=r"The last 20 requests came to nothing.*seed 19 is refused"):
        await asker.ask(request(19))


async def test_one_answer_in_between_begins_the_count_anew(journal: Journal) -> None:
    asker = Asker(ScriptedEngine(refusing(lambda seed: seed % FAILURES_IN_A_ROW != 0)), journal, POLICY)
    answers = [await asker.ask(request(seed)) for seed in range(3 * FAILURES_IN_A_ROW)]
    assert sum(answer.completion is not None for answer in answers) == 3


async def test_an_engine_of_another_kind_is_refused(journal: Journal) -> None:
    journal.set_engine_info(EngineInfo(engine="tgi", model="owner/model"))
    with pytest.raises(
        EngineChangedError, match=r"the engine 'tgi' \(owner/model\), now 'scripted' is asked.*--fresh"
    ):
        await Asker(ScriptedEngine(sentence_of_the_seed), journal, POLICY).info()


async def test_another_model_is_refused_before_anything_is_asked(journal: Journal) -> None:
    await Asker(ScriptedEngine(sentence_of_the_seed, revision="old"), journal, POLICY).ask(request(1))
    changed = ScriptedEngine(sentence_of_the_seed, revision="new")
    with pytest.raises(EngineChangedError, match=r"'scripted' \(revision old, .*'scripted' \(revision new, .*--fresh"):
        await Asker(changed, journal, POLICY).ask(request(2))
    assert changed.requests == []


async def test_half_a_character_is_replaced_so_that_it_can_be_written(journal: Journal) -> None:
    asker = Asker(ScriptedEngine(lambda _: "Broken \ud83d emoji."), journal, POLICY)
    answer = await asker.ask(request(1))
    assert answer.completion is not None and answer.completion.text == "Broken ? emoji."
    assert journal.get(answer.key) == answer.completion


async def test_a_request_that_fails_again_and_again_while_others_are_answered_counts_as_failed(
    journal: Journal,
) -> None:
    tries: list[int] = []

    def reply(asked: Request) -> str:
        if asked.seed == 13:
            tries.append(asked.seed)
            raise EngineOverloadedError("500 for this one.")
        return sentence_of_the_seed(asked)

    async with ScriptedEngine(reply) as engine:
        asker = Asker(engine, journal, POLICY)
        answers = await asyncio.gather(*(asker.ask(request(seed)) for seed in (13, 1, 2)))
        assert [answer.failure is None for answer in answers] == [False, True, True]
        assert "500 for this one. Given up after 3 tries" in str(answers[0].failure)
        assert len(tries) == 3


async def test_who_asks_the_same_at_the_same_time_gets_the_same_answer(journal: Journal) -> None:
    answers = iter(range(10))

    class Slow(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            await asyncio.sleep(0.01)
            return await super().complete(request)

    engine = Slow(lambda _: f"answer {next(answers)}", revision="1")
    asker = Asker(engine, journal, POLICY)
    first, second, other = await asyncio.gather(asker.ask(request(1)), asker.ask(request(1)), asker.ask(request(2)))
    assert first == second and first.completion is not None and first.completion.text == "answer 0"
    assert other.completion is not None and other.completion.text == "answer 1"
    assert asker.asked == len(engine.requests) == 2
    assert await asker.ask(request(1)) == first


async def test_a_failure_reaches_all_who_ask_the_same_at_the_same_time(journal: Journal) -> None:
    class Locked(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            await asyncio.sleep(0.01)
            raise EngineAuthError("a key is wanted")

    asker = Asker(Locked(sentence_of_the_seed, revision="1"), journal, POLICY)
    found = await asyncio.gather(*(asker.ask(request(1)) for _ in range(3)), return_exceptions=True)
    assert [str(one) for one in found] == ["a key is wanted"] * 3
    assert asker.asked == 1
    mended = Asker(ScriptedEngine(sentence_of_the_seed, revision="1"), journal, POLICY)
    assert (await mended.ask(request(1))).completion is not None
