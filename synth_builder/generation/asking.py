import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synth_builder.engines.base import Completion, Engine, EngineInfo, Request
from synth_builder.engines.limits import RetryBudget, RetryPolicy, complete_with_retries
from synth_builder.errors import (
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    JournalError,
    RequestRefusedError,
)
from synth_builder.generation.budget import Limit
from synth_builder.generation.journal import Journal, request_key
from synth_builder.recipes.fingerprint import digest
from synth_builder.strategies.base import Draw

if TYPE_CHECKING:
    from synth_builder.generation.checking import Checker

logger = logging.getLogger(__name__)

# After so many requests in a row that come to nothing, something is wrong with the server or with all prompts.
FAILURES_IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a completion, or the text of a failure that no further try would mend."""

    key: str
    completion: Completion | None
    failure: str | None = None


class Asker:
    """
    Answers requests from the journal where they stand there, and from the engine otherwise; what the engine says is in
    the journal before anybody sees it. The engine is not touched before the first request that the journal does not
    hold.

    Args:
        engine (`Engine`):
            Who is asked.
        journal (`Journal`):
            Where answers are kept.
        policy (`RetryPolicy`):
            How often a request is tried.
        on_retry (`Callable`, *optional*):
            Told of each wait: error, tries so far, seconds.
        budget (`Limit`, *optional*):
            How much may be used; looked at by who asks, through `over_budget`.
        checker (`Checker`, *optional*):
            Who is asked about rows; the engine itself when not given.
        role (`str`, defaults to `"engine"`):
            What the journal remembers the engine as.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        policy: RetryPolicy,
        on_retry: Callable[[EngineError, int, float], None] | None = None,
        budget: Limit | None = None,
        *,
        checker: "Checker | None" = None,
        role: str = "engine",
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._policy = policy
        self._on_retry = on_retry
        self._info: EngineInfo | None = None
        self._opening = asyncio.Lock()
        self._free: asyncio.Semaphore | None = None
        self._retries = RetryBudget()
        self._budget = budget
        self._checker = checker
        self._role = role
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._flushing = False
        self._broken: JournalError | None = None
        self._warned: set[str] = set()
        self._failed: list[tuple[str, str]] = []
        self._under_way: dict[str, asyncio.Future[Answer]] = {}
        self._failures_in_a_row = 0
        self._answered = 0
        self._asked = 0

    @property
    def asked(self) -> int:
        """Requests that went out, those to the checker among them; the others stood in the journal."""
        return self._asked + (self._checker.asked if self._checker else 0)

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens of prompts and of replies, without those of the checker."""
        return self._prompt_tokens, self._completion_tokens

    async def info(self) -> EngineInfo:
        """
        Who answers: as the journal remembers, or else as the engine says.

        Raises:
            EngineChangedError: The journal was written with another kind of engine.
        """
        if self._info is None:
            remembered = self._journal.engine_info(self._role)
            if remembered is not None and remembered.engine != self._engine.name:
                raise EngineChangedError(
                    f"The completions so far come from the engine {remembered.engine!r} ({remembered.model}), now "
                    f"{self._engine.name!r} is asked to go on. Name the same engine, build into another folder with "
                    "--out, or begin anew with --fresh."
                )
            self._info = remembered or await self._open()
        return self._info

    async def answer(self, draw: Draw) -> Answer:
        """The answer to a draw: the strategy's own reply where it has one, else that of `ask`."""
        if draw.reply is not None:
            return Answer(reply_key(draw.reply), Completion(draw.reply, "stop"))
        return await self.ask(draw.request)

    async def knows(self, draw: Draw) -> bool:
        """Whether the answer to a draw is there already, so that no engine has to be asked."""
        if draw.reply is not None:
            return True
        return self._journal.get(request_key(await self.info(), draw.request)) is not None

    async def check(self, request: Request) -> Answer:
        """The answer to what a filter asks about a row: the checker's where there is one, else that of `ask`."""
        return await (self._checker.ask(request) if self._checker else self.ask(request))

    async def ask(self, request: Request) -> Answer:
        """
        The answer to one request. Who asks the same while it is under way gets the same answer: the journal holds only
        one of them, and another run has to read what this one read.

        Raises:
            EngineError: The server is gone, too busy for too long, wants a key, or refuses one request after the
                other.
            JournalError: Answers can't be written down any more.
        """
        info = await self.info()
        key = request_key(info, request)
        known = self._journal.get(key)
        if isinstance(known, str):
            return Answer(key, None, known)
        if known is not None:
            self._count(known)
            return Answer(key, known)
        if key in self._under_way:
            return await asyncio.shield(self._under_way[key])
        place = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._ask_engine(key, request)
        except Exception as error:
            place.set_exception(error)
            place.exception()  # told to who asked first, whether or not anybody else waits
            raise
        else:
            place.set_result(answer)
            return answer
        finally:
            place.cancel()  # nothing, unless this was stopped
            del self._under_way[key]

    async def _ask_engine(self, key: str, request: Request) -> Answer:
        if self._free is None:
            await self._open()
        self._asked += 1
        answered = self._answered
        try:
            completion = await complete_with_retries(
                self._complete, request, self._policy, self._on_retry, self._retries
            )
        except EngineOverloadedError as error:
            if self._answered == answered:
                raise
            # The server answers others: it is this request that it can't answer.
            return self._failure(key, error)
        except (RequestRefusedError, EngineReplyError) as error:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= FAILURES_IN_A_ROW:
                raise type(error)(
                    f"The last {FAILURES_IN_A_ROW} requests came to nothing, the latest because: {error}"
                ) from error
            return self._failure(key, error)
        self._failures_in_a_row = 0
        self._answered += 1
        completion = replace(completion, text=_storable(completion.text))
        self._journal.put(key, completion)
        self._count(completion)
        self._flush_soon()
        return Answer(key, completion)

    def _failure(self, key: str, error: EngineError) -> Answer:
        """A request that no further try would mend; `keep_failures` writes it down."""
        self._failed.append((key, str(error)))
        return Answer(key, None, str(error))

    async def _complete(self, request: Request) -> Completion:
        """Ask once. Who waits for another try does not keep others from asking."""
        assert self._free is not None  # made when the engine was opened
        async with self._free:
            return await self._engine.complete(request)

    def _flush_soon(self) -> None:
        """Answers that come in one turn of the event loop are written together, at its end."""
        if self._broken is not None:
            raise self._broken
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        try:
            self._journal.flush()
        except JournalError as error:
            self._broken = error  # raised where the next answer comes in

    def over_budget(self) -> str | None:
        """Why no further request should be made, or `None`."""
        if self._budget is None:
            return None
        return self._budget.reached(*self.tokens, self._checker.tokens if self._checker else (0, 0))

    def _count(self, completion: Completion) -> None:
        if self._budget is not None and self._budget.limited and completion.completion_tokens is None:
            self._warn_once("The engine does not tell how many tokens it used: the budget can't hold.")
        self._prompt_tokens += completion.prompt_tokens or 0
        self._completion_tokens += completion.completion_tokens or 0

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning(text)

    def keep_failures(self) -> None:
        """
        Write down the requests that failed for good. Done at the end of a build alone: until then a failure may be the
        server's, and another run asks again.
        """
        for key, failure in self._failed:
            self._journal.put_failure(key, failure)
        self._failed.clear()
        if self._checker is not None:
            self._checker.keep_failures()

    async def _open(self) -> EngineInfo:
        async with self._opening:
            if self._free is None:
                info = await self._engine.open()
                remembered = self._journal.engine_info(self._role)
                if remembered is not None and remembered.identity() != info.identity():
                    raise EngineChangedError(
                        f"The completions so far come from {_described(remembered)}, the engine now holds "
                        f"{_described(info)}. Point to the same model, build into another folder with --out, or begin "
                        "anew with --fresh."
                    )
                if remembered is None:
                    self._journal.set_engine_info(info, self._role)
                self._free = asyncio.Semaphore(self._engine.concurrency)
                self._info = remembered or info
        assert self._info is not None
        return self._info


def reply_key(reply: str) -> str:
    """What a reply that a strategy gives itself is known by, in place of its request's key."""
    return digest(reply, 32)


def _described(info: EngineInfo) -> str:
    return f"{info.model!r} (revision {info.revision or 'not told'}, {info.server or info.engine})"


def _storable(text: str) -> str:
    """Text without lone surrogates, which JSON can carry and no file or table can."""
    return text.encode("utf-8", "replace").decode("utf-8")
