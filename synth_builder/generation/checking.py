import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from synth_builder.engines.base import Engine, EngineInfo, Request
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import EngineChangedError, EngineError
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.budget import Limit
from synth_builder.generation.journal import Journal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckerEngine:
    """
    The engine that filters ask about rows, in place of the one that writes them.

    Args:
        engine (`Engine`):
            Who is asked.
        named (`str`):
            Hash of the engine and the model as the user named them: another one is another checker.
    """

    engine: Engine
    named: str

    @property
    def role(self) -> str:
        """What the journal remembers it as. Two checkers do not know of each other."""
        return _role(self.named)


class Checker:
    """
    Asks a second engine about rows. Its answers stand in the same journal, under keys that its model is part of, so
    that the votes of two models never mix; its tokens and failures are counted apart.

    Args:
        checker (`CheckerEngine`):
            Who is asked.
        journal (`Journal`):
            Where answers are kept.
        policy (`RetryPolicy`):
            How often a request is tried.
        on_retry (`Callable`, *optional*):
            Told of each wait: error, tries so far, seconds.
        budget (`Limit`, *optional*):
            How much may be used.
    """

    def __init__(
        self,
        checker: CheckerEngine,
        journal: Journal,
        policy: RetryPolicy,
        on_retry: Callable[[EngineError, int, float], None] | None = None,
        budget: Limit | None = None,
    ) -> None:
        self._asker = Asker(checker.engine, journal, policy, on_retry, budget, role=checker.role)

    @property
    def asked(self) -> int:
        """Requests that went to the checker; the others stood in the journal."""
        return self._asker.asked

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens of prompts and of replies."""
        return self._asker.tokens

    async def info(self) -> EngineInfo:
        """
        Who answers: as the journal remembers, or else as the engine says.

        Raises:
            EngineError: The server can't be reached, or holds another model than before.
        """
        with _told_of_the_checker():
            return await self._asker.info()

    async def ask(self, request: Request) -> Answer:
        """
        The answer to one request.

        Raises:
            EngineError: As `Asker.ask`.
            JournalError: Answers can't be written down any more.
        """
        with _told_of_the_checker():
            return await self._asker.ask(request)

    def keep_failures(self) -> None:
        """Write down the requests that failed for good."""
        self._asker.keep_failures()


def hold_to_checker(journal: Journal, checker: CheckerEngine | None) -> None:
    """
    Compare the checker of a build with that of the build before it. Naming another is a wish, and is told: it is asked
    about all rows. Naming none may be a slip that would put other rows into the release.

    Raises:
        EngineChangedError: There was one before, and none is named now.
    """
    before = journal.checker()
    if before is not None and checker is None:
        told = journal.engine_info(_role(before))
        assert told is not None  # written down before the name was
        raise no_checker_named("The rows so far", told.model)
    if before is not None and checker is not None and before != checker.named:
        logger.warning("Another checker than before is named: it is asked about all rows.")


def no_checker_named(rows: str, model: str) -> EngineChangedError:
    """What is said where rows had a checker and now have none."""
    return EngineChangedError(
        f"{rows} were checked by {model!r}, and now no checker is named. Name it again with --checker-engine, "
        "--checker-endpoint and --checker-model, build into another folder with --out, or begin anew with --fresh."
    )


def _role(named: str) -> str:
    return f"checker_{named}"


@contextmanager
def _told_of_the_checker() -> Iterator[None]:
    """There are two servers: an error says which of them it is about."""
    try:
        yield
    except EngineChangedError as error:
        raise EngineChangedError(
            f"The checker: {error} Another --checker-model than before is asked about all rows, and what was written "
            "stays."
        ) from error
    except EngineError as error:
        raise type(error)(f"The checker: {error}") from error
