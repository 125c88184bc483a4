import asyncio
from types import SimpleNamespace
from typing import Any

from synth_builder.distributed.coordinator import Report, Terms
from synth_builder.distributed.lease_keeper import LeaseKeeper


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
