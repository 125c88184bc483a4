import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_coroutine(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """
    Run a coroutine to its end from ordinary code, also where an event loop is running already (a notebook): it then
    gets a thread and a loop of its own.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    outcome: list[Result] = []
    failure: list[BaseException] = []
    started = threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Result]]] = []

    async def tell() -> Result:
        task = asyncio.current_task()
        assert task is not None
        running.append((asyncio.get_running_loop(), task))
        started.set()
        return await coroutine

    def run() -> None:
        try:
            outcome.append(asyncio.run(tell()))
        except BaseException as error:  # handed over to the thread that waits
            failure.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="synth-builder")
    thread.start()
    try:
        thread.join()
    except BaseException:
        # Interrupted: the work stops in order before anybody may begin it again.
        started.wait()
        for loop, task in running:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failure:
        raise failure[0]
    return outcome[0]
