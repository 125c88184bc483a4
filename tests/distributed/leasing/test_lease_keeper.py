import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from synth_builder.distributed.leasing.coordinator import Report, Terms
from synth_builder.distributed.leasing.lease_keeper import LeaseKeeper
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.generation.budget import Budget

SERVER = "http://a"


class OneServer(ScriptedEngine):
    """An engine whose server takes four requests at once."""

    def capacities(self) -> dict[str, int]:
        return {SERVER: 4}


class Stingy:
    """Gives no share before the so-manyth time it is asked."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.reports: list[Report] = []
        self.released: list[str] = []

    async def renew(self, holder: str, report: Report) -> Terms:
        self.reports.append(report)
        return Terms({SERVER: 4} if len(self.reports) > self.times else {}, stop="enough" if self.times == 0 else None)

    async def release(self, holder: str) -> None:
        self.released.append(holder)


async def waits(
    monkeypatch: pytest.MonkeyPatch, engine: ScriptedEngine, coordination: Stingy, count: int
) -> list[float]:
    """Seconds between the first renewals."""
    found: list[float] = []
    enough = asyncio.Event()
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        found.append(seconds)
        if len(found) >= count:
            enough.set()
        await sleep(0)

    told: Any = SimpleNamespace(tokens=(3, 4), settled=2)
    keeper = LeaseKeeper(coordination, 7, 8.0)
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", note)
        async with keeper.keeping([engine], told, None, told):
            await enough.wait()
    report = coordination.reports[0]
    assert (report.shard, report.settled, report.tokens, report.checker_tokens) == (7, 2, (3, 4), (0, 0))
    assert len(coordination.released) == 1
    assert keeper.reached(0, 0) == ("enough" if coordination.times == 0 else None)
    return found[:count]


async def test_who_has_a_share_renews_it_eight_times_while_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waits(monkeypatch, OneServer(["a"]), Stingy(0), 3) == [1.0, 1.0, 1.0]


async def test_who_waits_for_a_share_asks_soon_and_then_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 4.0, 4.0, 1.0, 1.0]
    assert await waits(monkeypatch, OneServer(["a"]), Stingy(8), 10) == pytest.approx(expected)


class NotOpen(OneServer):
    """An engine that does not know yet what its server takes."""

    def capacities(self) -> dict[str, int]:
        return {}


async def test_who_does_not_know_its_servers_yet_asks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [0.1, 0.2, 0.4, 1.0]
    assert await waits(monkeypatch, NotOpen(["a"]), Stingy(3), 4) == pytest.approx(expected)


async def test_an_engine_that_needs_no_share_tells_as_often_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waits(monkeypatch, ScriptedEngine(["a"]), Stingy(99), 4) == [1.0, 1.0, 1.0, 1.0]


class Answering:
    """A coordinator whose first answer comes when it is told so, and every other one at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer: asyncio.Future[Terms] = asyncio.get_running_loop().create_future()
        self.released = False

    async def renew(self, holder: str, report: Report) -> Terms:
        self.asked.set()
        return await self.answer

    async def release(self, holder: str) -> None:
        self.released = True


def test_a_share_is_given_back_though_its_renewal_is_answered_in_that_moment() -> None:
    done: Any = SimpleNamespace(tokens=(0, 0), settled=0)

    async def keep() -> bool:
        coordinator = Answering()
        async with LeaseKeeper(coordinator, 0, 0.4).keeping([], done, None, done):
            await coordinator.asked.wait()
            coordinator.answer.set_result(Terms({}))
        return coordinator.released

    async def within_seconds() -> bool:
        keeping = asyncio.create_task(keep())
        finished, _ = await asyncio.wait({keeping}, timeout=5)
        assert finished, "it is renewed for ever"
        return keeping.result()

    assert asyncio.run(within_seconds())


class Dividing:
    """A coordinator that gives a hundred tokens more each time it is told of something."""

    def __init__(self) -> None:
        self.told: list[int] = []

    async def renew(self, holder: str, report: Report) -> Terms:
        self.told.append(sum(report.tokens))
        stop = "enough" if sum(report.tokens) >= 300 else None
        return Terms({SERVER: 4}, stop, Budget(max_tokens=sum(report.tokens) + 100))

    async def release(self, holder: str) -> None:
        pass


class Allowed(OneServer):
    """Remembers what it was allowed."""

    now = 0

    def allow(self, shares: Mapping[str, int]) -> None:
        self.now = shares.get(SERVER, 0)


async def test_with_its_part_used_up_a_shard_tells_at_once_and_sends_nothing_before() -> None:
    coordinator, engine, asker = Dividing(), Allowed(["a"]), SimpleNamespace(tokens=(0, 0), settled=0)
    done: Any = asker
    keeper = LeaseKeeper(coordinator, 0, 600.0)  # it would tell every 75 seconds
    async with keeper.keeping([engine], done, None, done):
        for used in (120, 250, 360):
            while not engine.now:
                await asyncio.sleep(0.01)
            assert keeper.reached(used - 60, 0) is None
            assert engine.now == 4
            asker.tokens = (used, 0)
            assert keeper.reached(used, 0) is None
            assert engine.now == 0
        while keeper.reached(360, 0) is None:
            await asyncio.sleep(0.01)
    assert coordinator.told == [0, 120, 250, 360]
