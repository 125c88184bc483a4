import asyncio
import threading
import time

import pytest

from synth_builder.errors import EngineUnreachableError
from synth_builder.generation.event_loop import run_coroutine


async def where() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


async def fails() -> None:
    await asyncio.sleep(0)
    raise EngineUnreachableError("nobody there")


def test_from_ordinary_code_it_runs_in_this_thread() -> None:
    assert run_coroutine(where()) == threading.current_thread().name


async def test_inside_a_running_loop_it_gets_a_thread_of_its_own() -> None:
    assert run_coroutine(where()) == "synth-builder"


def test_errors_come_out_as_they_are() -> None:
    with pytest.raises(EngineUnreachableError, match="nobody there"):
        run_coroutine(fails())


async def test_errors_come_out_as_they_are_from_the_thread_too() -> None:
    with pytest.raises(EngineUnreachableError, match="nobody there"):
        run_coroutine(fails())


async def test_an_interruption_of_who_waits_ends_the_work_before_it_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            while True:
                steps.append("step")
                await asyncio.sleep(0.001)
        finally:
            steps.append("ended")

    join = threading.Thread.join
    joins: list[int] = []

    def interrupted_once(thread: threading.Thread, timeout: float | None = None) -> None:
        joins.append(1)
        if len(joins) == 1:
            while not steps:
                time.sleep(0.001)
            raise KeyboardInterrupt
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        run_coroutine(work())
    assert steps[-1] == "ended"
