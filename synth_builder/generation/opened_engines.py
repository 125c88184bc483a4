from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from synth_builder.engines.base import Engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import EngineError
from synth_builder.generation.asking import Asker
from synth_builder.generation.budget import Limit
from synth_builder.generation.checking import Checker, CheckerEngine
from synth_builder.generation.journal import Journal


@asynccontextmanager
async def opened_engines(
    engine: Engine,
    checker: CheckerEngine | None,
    journal: Journal,
    policy: RetryPolicy,
    budget: Limit | None = None,
    on_wait: Callable[[str, EngineError, int], None] | None = None,
) -> AsyncIterator[tuple[Asker, Checker | None]]:
    """
    Those who answer a build's requests, while it lasts; closed at the end.

    Args:
        engine (`Engine`):
            Who writes rows.
        checker (`CheckerEngine`, *optional*):
            Who is asked about them, where that is another.
        journal (`Journal`):
            Where the answers of both are kept.
        policy (`RetryPolicy`):
            How patient to be with them.
        budget (`Limit`, *optional*):
            How much may be used.
        on_wait (`Callable`, *optional*):
            Told of each wait: for whom, the error, tries so far.

    Yields:
        `tuple[Asker, Checker | None]`: Both, ready to be asked; the checker is asked through the first one too.

    Raises:
        EngineError: One of them can't be used.
    """
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(engine)
        asks = None
        if checker is not None:
            await opened.enter_async_context(checker.engine)
            asks = Checker(checker, journal, policy, _waits_for("the checker", on_wait), budget)
        yield Asker(engine, journal, policy, _waits_for("the engine", on_wait), budget, checker=asks), asks


@contextmanager
def answers_are_kept(journal: Journal) -> Iterator[None]:
    """An engine's error within it says too that what was answered is not lost."""
    try:
        yield
    except EngineError as error:
        kept = len(journal)
        if not kept:
            raise
        answers = f"The {kept} answers so far are" if kept > 1 else "The answer so far is"
        raise type(error)(f"{error} {answers} kept: run the same again to go on from there.") from error


def _waits_for(
    who: str, on_wait: Callable[[str, EngineError, int], None] | None
) -> Callable[[EngineError, int, float], None] | None:
    if on_wait is None:
        return None
    return lambda error, tries, _: on_wait(who, error, tries)
