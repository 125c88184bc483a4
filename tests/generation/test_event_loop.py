import asyncio
import threading

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
