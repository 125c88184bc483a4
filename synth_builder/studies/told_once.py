import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOGGERS = ("synth_builder.scoring.grid", "synth_builder.scoring.methods.embedding_cache")
"""Those that say the same of each classifier and each look at a task's trainings."""


class _Once(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text in self._told:
            return False
        self._told.add(text)
        return True


@contextmanager
def told_once() -> Iterator[None]:
    """While it lasts, what trainings warn of is told once, however often they are looked at."""
    once = _Once()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(once)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(once)
