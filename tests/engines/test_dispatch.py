import asyncio
import logging

import pytest

from synth_builder.engines.dispatch import FAILURES_TO_OPEN, ConnectionLostError, Dispatcher, ServerFailedError
from synth_builder.engines.endpoints import Endpoint
from synth_builder.engines.limits import RetryPolicy, complete_with_retries
from synth_builder.engines.pace import Pace
from synth_builder.errors import (
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineUnreachableError,
    RequestRefusedError,
)
from tests.engines.asking import openai, plain, tgi
from tests.servers.loopback import Fault, Recorded, status
from tests.servers.openai import OpenAIServer
from tests.servers.tgi import TGIServer

FAST = RetryPolicy(base=0.01, cap=0.02, attempts=1000)


def endpoint(url: str, cap: int) -> Endpoint:
    return Endpoint(url, pace=Pace(cap))


async def well(one: Endpoint) -> None:
    """A server that is always well."""


async def ask(dispatcher: Dispatcher, error: EngineError | None = None) -> str:
    async with dispatcher.endpoint() as one:
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return one.url


async def test_servers_share_the_requests_by_free_capacity() -> None:
    small, large = endpoint("small", 2), endpoint("large", 6)
    dispatcher = Dispatcher([small, large], well)
    entered = [dispatcher.endpoint() for _ in range(8)]
    for one in entered:
        await one.__aenter__()
    assert (small.in_flight, large.in_flight) == (2, 6)
    for one in entered:
        await one.__aexit__(None, None, None)
    assert (small.in_flight, large.in_flight) == (0, 0)


async def test_who_finds_no_room_waits_for_it_in_turn() -> None:
    dispatcher = Dispatcher([endpoint("one", 1)], well)
    order: list[int] = []

    async def work(number: int) -> None:
        async with dispatcher.endpoint():
            order.append(number)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(work(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_who_is_cancelled_while_waiting_leaves_the_place_to_the_next() -> None:
    dispatcher = Dispatcher([endpoint("one", 1)], well)
    async with dispatcher.endpoint():
        first = asyncio.create_task(ask(dispatcher))
        second = asyncio.create_task(ask(dispatcher))
        await asyncio.sleep(0)
        first.cancel()
    assert await asyncio.wait_for(second, 1) == "one"


async def test_a_server_whose_connection_was_lost_is_examined_before_it_is_asked_again() -> None:
    one = endpoint("one", 4)
    examined: list[int] = []

    async def examine(server: Endpoint) -> None:
        examined.append(server.sent)

    dispatcher = Dispatcher([one], examine)
    with pytest.raises(ConnectionLostError):
        await ask(dispatcher, ConnectionLostError("lost", "cut"))
    assert one.out
    assert await ask(dispatcher) == "one"
    assert examined == [1]


async def test_failures_in_a_row_open_the_circuit_and_an_answer_between_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = endpoint("one", 4)
    naps: list[float] = []
    sick = [True, True]

    async def examine(server: Endpoint) -> None:
        if sick:
            sick.pop()
            raise EngineUnreachableError("it is ill.")

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    dispatcher = Dispatcher([one], examine, sleep=nap)
    for _ in range(FAILURES_TO_OPEN - 1):
        with pytest.raises(ServerFailedError):
            await ask(dispatcher, ServerFailedError("500"))
    await ask(dispatcher)
    assert [one.out] == [False]
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(ServerFailedError):
            await ask(dispatcher, ServerFailedError("500"))
    assert [one.out] == [True]
    with caplog.at_level(logging.WARNING):
        assert await ask(dispatcher) == "one"
    assert len(naps) == 3
    assert [record.getMessage().split(" after")[0] for record in caplog.records] == [
        "one gets no requests until it is well again: it is ill.",
        "one is well again",
    ]
    assert one.pace.limit == 1


@pytest.mark.parametrize("error", [EngineOverloadedError("429"), RequestRefusedError("422")])
async def test_a_server_that_is_busy_or_refuses_a_prompt_is_not_out(error: EngineError) -> None:
    one = endpoint("one", 4)
    dispatcher = Dispatcher([one], well)
    for _ in range(3 * FAILURES_TO_OPEN):
        with pytest.raises(type(error)):
            await ask(dispatcher, error)
    assert not one.out


async def test_nobody_waits_for_ever_for_servers_that_are_all_gone() -> None:
    async def examine(server: Endpoint) -> None:
        raise EngineUnreachableError("connection refused.")

    dispatcher = Dispatcher([endpoint("one", 1), endpoint("two", 1)], examine, patience=0.05)
    for _ in range(2):
        with pytest.raises(ConnectionLostError):
            await ask(dispatcher, ConnectionLostError("lost", "cut"))
    with pytest.raises(
        EngineUnreachableError, match=r"^None of the 2 endpoints has answered for 0 s\. connection refused\.$"
    ):
        await asyncio.wait_for(ask(dispatcher), 5)
    await dispatcher.close()


@pytest.mark.parametrize("kind", [TGIServer, OpenAIServer])
async def test_a_server_that_dies_is_left_out_and_taken_back(kind: type[TGIServer] | type[OpenAIServer]) -> None:
    make = tgi if kind is TGIServer else openai
    async with kind(delay=0.002) as steady, kind(delay=0.002) as dying, make(steady.url, dying.url) as engine:
        await engine.open()

        async def get(seed: int) -> None:
            await complete_with_retries(engine.complete, plain(seed=seed), FAST)

        await asyncio.gather(*(get(seed) for seed in range(40)))
        assert dying.answered
        await dying.stop()
        await asyncio.gather(*(get(seed) for seed in range(100, 160)))
        assert [one.out for one in engine.endpoints] == [False, True]
        before = sum(dying.answered.values())
        await dying.start()
        for seed in range(200, 2000):
            await get(seed)
            if sum(dying.answered.values()) > before:
                break
        assert sum(dying.answered.values()) > before
    assert steady.repeated() == dying.repeated() == {}


@pytest.mark.parametrize("kind", [TGIServer, OpenAIServer])
async def test_a_server_that_comes_back_with_another_model_ends_the_build(
    kind: type[TGIServer] | type[OpenAIServer],
) -> None:
    make = tgi if kind is TGIServer else openai
    async with kind() as server, make(server.url) as engine:
        await engine.open()
        await engine.complete(plain())
        await server.stop()
        if isinstance(server, TGIServer):
            server.model_id = "other/model"
        else:
            server.models = ("other/model",)
        task = asyncio.create_task(complete_with_retries(engine.complete, plain(seed=8), FAST))
        await asyncio.sleep(0.05)
        answered = sum(server.answered.values())
        await server.start()
        with pytest.raises(EngineChangedError, match=r"came back with another model: it held .*, now 'other/model'"):
            await asyncio.wait_for(task, 10)
        assert sum(server.answered.values()) == answered


async def test_an_open_circuit_spares_a_server_that_fails_every_request() -> None:
    def faults(request: Recorded) -> Fault | None:
        return status(500) if request.path in ("/generate", "/health") else None

    async with TGIServer(faults=faults) as server, tgi(server.url) as engine:
        engine.patience = 0.5
        await engine.open()
        tasks = [complete_with_retries(engine.complete, plain(seed=seed), FAST) for seed in range(200)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, EngineUnreachableError) for result in results)
        assert len(server.to("/generate")) < 100


async def test_an_engine_that_is_opened_again_forgets_that_a_server_was_out() -> None:
    async with TGIServer() as server:
        engine = tgi(server.url)
        engine.patience = 0.2
        await engine.open()
        await engine.complete(plain())
        await server.stop()
        with pytest.raises(EngineUnreachableError):
            await complete_with_retries(engine.complete, plain(seed=8), FAST)
        await engine.close()
        await server.start()
        await engine.open()
        assert (await asyncio.wait_for(engine.complete(plain(seed=9)), 5)).text
        await engine.close()


async def test_a_server_that_is_left_out_for_good_is_not_waited_for() -> None:
    async def examine(one: Endpoint) -> None:
        raise EngineUnreachableError(f"{one.url} is down.")

    spare = endpoint("spare", 1)
    spare.allowed, spare.unused = 0, True
    dispatcher = Dispatcher([endpoint("one", 1), spare], examine, patience=0.05)
    with pytest.raises(ConnectionLostError):
        await ask(dispatcher, ConnectionLostError("cut", "cut"))
    with pytest.raises(EngineUnreachableError, match="one is down"):
        await asyncio.wait_for(ask(dispatcher), 2)
    await dispatcher.close()


async def test_patience_begins_when_the_last_server_goes_out() -> None:
    one = endpoint("one", 1)
    examined: list[float] = []
    loop = asyncio.get_running_loop()

    async def examine(server: Endpoint) -> None:
        examined.append(loop.time())
        if len(examined) < 3:
            raise EngineUnreachableError("not yet.")

    dispatcher = Dispatcher([one], examine, patience=5.0)
    dispatcher._well_at -= 1000  # the last answer took that long
    with pytest.raises(ConnectionLostError):
        await ask(dispatcher, ConnectionLostError("lost", "out of time"))
    assert await asyncio.wait_for(ask(dispatcher), 5) == "one"
    assert len(examined) == 3


async def test_a_server_that_was_idle_is_looked_at_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_builder.engines.dispatch.IDLE", 0.05)
    async with TGIServer() as server, tgi(server.url) as engine:
        await engine.open()
        await engine.complete(plain())
        server.model_id = "other/model"  # restarted while nothing was under way
        await asyncio.sleep(0.1)
        with pytest.raises(EngineChangedError, match="now 'other/model'"):
            await asyncio.wait_for(engine.complete(plain(seed=8)), 5)
        assert len(server.to("/generate")) == 1


async def test_a_list_of_models_that_is_away_for_a_while_is_no_other_model() -> None:
    away = False

    def faults(request: Recorded) -> Fault | None:
        return status(404) if away and request.path == "/v1/models" else None

    async with OpenAIServer(faults=faults) as server, openai(server.url) as engine:
        await engine.open()
        await engine.complete(plain())
        away = True
        assert engine._dispatcher is not None
        engine._dispatcher._failed(engine.endpoints[0], out=True)
        task = asyncio.create_task(engine.complete(plain(seed=8)))
        await asyncio.sleep(0.1)
        assert not task.done()
        away = False
        assert (await asyncio.wait_for(task, 10)).text


async def test_a_place_that_a_cancelled_request_was_given_goes_to_the_next() -> None:
    dispatcher = Dispatcher([endpoint("one", 1)], well)
    async with dispatcher.endpoint():
        first = asyncio.create_task(ask(dispatcher))
        second = asyncio.create_task(ask(dispatcher))
        await asyncio.sleep(0)
    first.cancel()  # its turn has come, and it has not noticed yet
    assert await asyncio.wait_for(second, 1) == "one"
