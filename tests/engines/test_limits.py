import asyncio
import random
from dataclasses import dataclass, field

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.limits import RetryBudget, RetryPolicy, complete_with_retries
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
from tests.engines.asking import openai, plain, tgi
from tests.servers.loopback import (
    CUT_BODY,
    CUT_HEADERS,
    GARBAGE,
    HANG,
    HTML,
    REFUSE,
    Fault,
    status,
)
from tests.servers.openai import OpenAIServer
from tests.servers.tgi import TGIServer


@dataclass
class Naps:
    """A sleep that only writes down how long it would have been."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class NoJitter(random.Random):
    """Always the middle."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0


def failing(*errors: EngineError) -> ScriptedEngine:
    """An engine that raises these, one a call, and then answers."""
    left = list(errors)

    def reply(request: Request) -> str:
        if left:
            raise left.pop(0)
        return "done"

    return ScriptedEngine(reply)


async def test_an_answer_is_handed_on_at_once() -> None:
    naps = Naps()
    completion = await complete_with_retries(ScriptedEngine(["done"]).complete, plain(), RetryPolicy(sleep=naps))
    assert (completion.text, naps.seconds) == ("done", [])


async def test_waiting_doubles_up_to_the_cap() -> None:
    naps = Naps()
    engine = failing(*[EngineOverloadedError("busy")] * 6)
    policy = RetryPolicy(attempts=7, base=1.0, cap=5.0, jitter=NoJitter(), sleep=naps)
    assert (await complete_with_retries(engine.complete, plain(), policy)).text == "done"
    assert naps.seconds == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    assert len(engine.requests) == 7


async def test_the_default_patience_is_about_two_minutes() -> None:
    naps = Naps()
    engine = failing(*[EngineOverloadedError("busy")] * 10)
    with pytest.raises(EngineOverloadedError):
        await complete_with_retries(engine.complete, plain(), RetryPolicy(jitter=NoJitter(), sleep=naps))
    # 0.5 + 1 + 2 + 4 + 8 + 16 + 30 + 30 + 30
    assert sum(naps.seconds) == 121.5


def test_jitter_spreads_by_half_and_comes_from_the_policys_own_dice() -> None:
    delays = [RetryPolicy(jitter=random.Random(seed)).delay(3) for seed in range(200)]
    assert min(delays) >= 1.0 and max(delays) <= 3.0
    assert max(delays) - min(delays) > 1.5
    state = random.getstate()
    RetryPolicy().delay(3)
    assert random.getstate() == state
    assert RetryPolicy(jitter=random.Random(5)).delay(3) == RetryPolicy(jitter=random.Random(5)).delay(3)


def test_a_very_long_row_of_failures_does_not_overflow() -> None:
    assert RetryPolicy(jitter=NoJitter()).delay(5000) == 30.0


async def test_retry_after_is_honoured_where_it_is_longer() -> None:
    naps = Naps()
    engine = failing(EngineOverloadedError("busy", 12.0), EngineOverloadedError("busy", 0.1))
    await complete_with_retries(engine.complete, plain(), RetryPolicy(jitter=NoJitter(), sleep=naps))
    assert naps.seconds == [12.0, 1.0]


def test_requests_sent_away_together_do_not_come_back_before_the_time_nor_together() -> None:
    delays = {RetryPolicy(jitter=random.Random(seed)).delay(1, 20.0) for seed in range(20)}
    assert len(delays) == 20
    assert min(delays) >= 20.0 and max(delays) <= 22.0


async def test_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    naps = Naps()
    engine = failing(EngineOverloadedError("POST http://h/generate was answered 429.", 3600.0))
    with pytest.raises(EngineOverloadedError, match=r"429\. The server asks to wait 3600 s\. Given up after 1 try"):
        await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=naps))
    assert naps.seconds == []


@pytest.mark.parametrize(
    "error",
    [
        RequestRefusedError("too long"),
        EngineAuthError("no key"),
        EngineUnreachableError("no such route"),
        EngineChangedError("another model"),
    ],
)
async def test_what_another_try_cannot_mend_comes_out_at_once_and_untouched(error: EngineError) -> None:
    naps = Naps()
    engine = failing(error)
    with pytest.raises(type(error)) as caught:
        await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=naps))
    assert caught.value is error
    assert (naps.seconds, len(engine.requests)) == ([], 1)


async def test_a_spent_request_tells_the_last_error_and_how_often_it_was_tried() -> None:
    engine = failing(*[EngineOverloadedError("POST http://h/generate was answered 429.", 2.0)] * 3)
    with pytest.raises(EngineOverloadedError) as caught:
        await complete_with_retries(engine.complete, plain(), RetryPolicy(attempts=3, sleep=Naps()))
    assert str(caught.value) == (
        "POST http://h/generate was answered 429. The server asks to wait 2 s. Given up after 3 tries over 0 s; "
        "lower --concurrency if the server is alive but too busy."
    )
    assert caught.value.retry_after == 2.0
    assert isinstance(caught.value.__cause__, EngineOverloadedError)


async def test_garbage_is_worth_a_few_tries_and_no_more() -> None:
    engine = failing(*[EngineReplyError("no JSON.")] * 2)
    assert (await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=Naps()))).text == "done"
    engine = failing(*[EngineReplyError("no JSON.")] * 3)
    with pytest.raises(EngineReplyError, match=r"^no JSON\. Given up after 3 tries over 0 s\.$"):
        await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=Naps()))
    assert len(engine.requests) == 3


async def test_each_retry_is_told_before_the_wait() -> None:
    naps = Naps()
    told: list[tuple[str, int, float, int]] = []
    engine = failing(EngineOverloadedError("one"), EngineReplyError("two"))
    await complete_with_retries(
        engine.complete,
        plain(),
        RetryPolicy(base=1.0, jitter=NoJitter(), sleep=naps),
        lambda error, failures, seconds: told.append((str(error), failures, seconds, len(naps.seconds))),
    )
    assert told == [("one", 1, 1.0, 0), ("two", 2, 2.0, 1)]


MENDABLE = [
    status(429),
    status(429, Retry_After="1"),
    status(424),
    status(500),
    status(502),
    status(503),
    status(504),
    REFUSE,
    CUT_HEADERS,
    CUT_BODY,
    HANG,
    GARBAGE,
    HTML,
]


@pytest.mark.parametrize("fault", MENDABLE, ids=lambda fault: f"{fault.kind} {fault.status}")
async def test_a_request_survives_what_a_server_does_for_a_while(fault: Fault) -> None:
    async with TGIServer() as calm, tgi(calm.url) as engine:
        await engine.open()
        expected = await engine.complete(plain())
    naps = Naps()
    seconds = 0.5 if fault is HANG else 60.0
    async with TGIServer(faults=[fault, fault]) as server, tgi(server.url, timeout=seconds) as engine:
        await engine.open()
        assert await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=naps)) == expected
    assert (len(server.to("/generate")), len(naps.seconds)) == (3, 2)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 413, 415, 422])
@pytest.mark.parametrize("kind", [TGIServer, OpenAIServer])
async def test_a_refusal_is_never_asked_again(code: int, kind: type[TGIServer] | type[OpenAIServer]) -> None:
    naps = Naps()
    async with kind(faults=[status(code)]) as server, (tgi if kind is TGIServer else openai)(server.url) as engine:
        await engine.open()
        with pytest.raises(EngineError):
            await complete_with_retries(engine.complete, plain(), RetryPolicy(sleep=naps))
    assert sum(len(server.to(path)) for path in ("/generate", "/v1/completions")) == 1
    assert naps.seconds == []


async def test_a_storm_of_refusals_loses_and_repeats_nothing() -> None:
    async with TGIServer(faults=[status(429)] * 60, delay=0.001) as server, tgi(server.url) as engine:
        await engine.open()
        policy = RetryPolicy(base=0.001, cap=0.01)
        completions: list[Completion] = await asyncio.gather(
            *(complete_with_retries(engine.complete, plain(seed=seed), policy) for seed in range(100))
        )
    assert len({completion.text for completion in completions}) == 100
    assert [completion.seed for completion in completions] == list(range(100))
    assert len(server.to("/generate")) == 160
    assert server.repeated() == {}


def test_retries_are_a_share_of_first_tries_and_one_a_second_beyond() -> None:
    budget = RetryBudget(share=0.5, reserve=2)
    assert [budget.take(10.0) for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    for _ in range(2):
        budget.pay_in()
    assert [budget.take(10.0), budget.take(10.0)] == [0.0, 3.0]


def test_a_queue_of_retries_does_not_outlast_a_minute() -> None:
    budget = RetryBudget(share=0.0, reserve=0)
    assert max(budget.take(10.0) for _ in range(500)) == 60.0
    assert budget.take(200.0) == 1.0


async def test_a_retry_waits_for_its_turn_when_the_budget_is_used_up() -> None:
    naps = Naps()
    engine = failing(EngineOverloadedError("one"))
    policy = RetryPolicy(base=0.1, jitter=NoJitter(), sleep=naps)
    await complete_with_retries(engine.complete, plain(), policy, budget=RetryBudget(share=0.0, reserve=0))
    assert naps.seconds == [pytest.approx(1.0, abs=0.01)]
