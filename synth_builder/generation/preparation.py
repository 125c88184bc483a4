import asyncio
import contextlib
from collections.abc import Sequence

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import EngineReplyError
from synth_builder.generation.asking import Asker
from synth_builder.generation.journal import Journal, request_key
from synth_builder.generation.tally import Tally
from synth_builder.strategies.base import Strategy


async def prepare(strategy: Strategy, asker: Asker, tally: Tally) -> list[list[Completion]]:
    """
    Ask what a strategy has to know before the first row, in rounds, each round at once.

    Returns:
        `list[list[Completion]]`: The replies, round by round, for `replay`.

    Raises:
        EngineReplyError: One of these requests failed.
    """
    rounds = strategy.prepare()
    replies: list[list[Completion]] = []
    try:
        requests = next(rounds)
        while True:
            replies.append(await _round(requests, asker, tally))
            requests = rounds.send(replies[-1])
    except StopIteration:
        return replies


def replay(strategy: Strategy, replies: Sequence[Sequence[Completion]]) -> None:
    """Give a strategy the replies that another one of the same setting got."""
    rounds = strategy.prepare()
    with contextlib.suppress(StopIteration):
        next(rounds)
        for completions in replies:
            rounds.send(list(completions))


def recall_replies(strategy: Strategy, info: EngineInfo, journal: Journal) -> tuple[bool, list[int]]:
    """
    Give a strategy the replies that a journal holds; nobody is asked.

    Returns:
        `tuple[bool, list[int]]`: Whether these were all that it has to know before the first row, and how many each
            round had.
    """
    rounds = strategy.prepare()
    known: list[int] = []
    try:
        requests = next(rounds)
        while True:
            found = [journal.get(request_key(info, request)) for request in requests]
            answers = [answer for answer in found if isinstance(answer, Completion)]
            known.append(len(answers))
            if len(answers) != len(requests):
                return False, known
            requests = rounds.send(answers)
    except StopIteration:
        return True, known


async def _round(requests: list[Request], asker: Asker, tally: Tally) -> list[Completion]:
    completions = []
    for answer in await asyncio.gather(*(asker.ask(request) for request in requests)):
        tally.preparation_requests += 1
        if answer.completion is None:
            raise EngineReplyError(f"A request that had to come before the first row failed: {answer.failure}")
        tally.spend(answer.completion.prompt_tokens, answer.completion.completion_tokens)
        completions.append(answer.completion)
    return completions
