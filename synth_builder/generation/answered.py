from pathlib import Path

from synth_builder.engines.base import Completion
from synth_builder.generation.journal import JOURNAL_NAME, build_journal, request_key
from synth_builder.generation.preparation import recall_replies
from synth_builder.generation.setup import Setup


def answered_requests(setup: Setup, work: Path) -> int:
    """
    How many of the requests that a build makes at least are answered already: those before the first row, and the
    first one of each row. Nobody is asked, and nothing is written.

    Args:
        setup (`Setup`):
            The variant as it is asked for now; answers to other prompts do not count.
        work (`Path`):
            Work folder of the variant, where a build that was stopped left its journal.

    Raises:
        JournalError: The journal can't be read.
    """
    if not (work / JOURNAL_NAME).is_file():
        return 0
    with build_journal(work, read_only=True) as journal:
        info = journal.engine_info()
        if info is None:
            return 0
        strategy = setup.strategy(info)
        is_prepared, rounds = recall_replies(strategy, info, journal)
        answered = sum(rounds[:1])  # how many further rounds there are is not known beforehand
        if not is_prepared:
            return answered
        # A later turn of a conversation holds the replies of the earlier ones: without them it can't have been asked.
        replies: dict[tuple[str, str | None, int], list[str] | None] = {}
        for ask in setup.plan().asks(strategy.rows_per_request, strategy.turns):
            history = replies.setdefault(ask.conversation, [])
            if history is None:
                continue
            draw = strategy.draw(ask.first, len(ask.slots), history[: ask.turn])
            if draw.reply is not None:
                continue  # no request
            found = journal.get(request_key(info, draw.request))
            if found is None:
                replies[ask.conversation] = None if strategy.turns > 1 else []
                continue
            answered += 1
            if strategy.turns > 1:
                history.append(found.text if isinstance(found, Completion) else "")
        return answered
