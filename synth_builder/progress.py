import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never

from tqdm import tqdm

PLAIN_EVERY = 30.0
"""Seconds between two lines where stderr is no terminal, as in the log of a job."""

PACE_AFTER = 5.0
"""Seconds from the first unit on after which the pace says something about the rest."""


class Bar:
    """
    A progress bar on stderr; where stderr is no terminal, a plain line now and then.

    Args:
        total (`int`, *optional*):
            Units until the end, where that is known.
        description (`str`):
            What goes on, in front of the bar.
        unit (`str`, defaults to `"it"`):
            Word for one unit.
        silent (`bool`, defaults to `False`):
            Show nothing, as where another process of the same work shows it.
        paced (`bool`, defaults to `True`):
            Whether units come at a pace that tells how long the rest takes.
        stays (`bool`, defaults to `True`):
            Whether the bar stays visible at its end.
    """

    def __init__(
        self,
        total: int | None,
        description: str,
        unit: str = "it",
        silent: bool = False,
        *,
        paced: bool = True,
        stays: bool = True,
    ) -> None:
        self._total, self._description, self._unit, self._paced = total, description, unit, paced
        self._plain = not silent and not sys.stderr.isatty()
        self._done = 0
        # The wait before the first unit, as for a model that is loaded, is no part of the pace.
        self._first: tuple[float, int] | None = None
        self._text = ""
        self._started = time.monotonic()
        self._due = self._started + PLAIN_EVERY
        self._tqdm: tqdm[Never] = tqdm(
            total=total,
            desc=description,
            unit=f" {unit}",
            file=sys.stderr,
            disable=silent or self._plain,
            dynamic_ncols=True,
            leave=stays,
            bar_format=None if paced else "{l_bar}{bar}| {n_fmt}/{total_fmt}{postfix}",
        )

    def update(self, n: int = 1) -> None:
        """Say that `n` more units are done."""
        self._done += n
        if self._first is None and n:
            self._first = time.monotonic(), self._done
            self._tqdm.unpause()
            self._tqdm.initial = self._tqdm.last_print_n = self._done
            self._tqdm.n = self._done
            self._tqdm.refresh()
        else:
            self._tqdm.update(n)
        self._tell()

    def complete(self) -> None:
        """Say that everything is done, also what turned out not to be needed."""
        if self._total is not None and self._done < self._total:
            self.update(self._total - self._done)

    def set_postfix(self, text: str) -> None:
        """Replace the text behind the bar."""
        self._text = text
        self._tqdm.set_postfix_str(text)
        self._tell()

    def close(self) -> None:
        """End the line."""
        self._tqdm.close()

    def _tell(self) -> None:
        now = time.monotonic()
        if not self._plain or now < self._due:
            return
        self._due = now + PLAIN_EVERY
        minutes, seconds = divmod(int(now - self._started), 60)
        whole = "" if self._total is None else f" of {self._total:,}"
        text = f" | {self._text}" if self._text else ""
        sys.stderr.write(
            f"{self._description}: {self._done:,}{whole} {self._unit}s after {minutes} min {seconds:02} s"
            f"{self._left(now)}{text}\n"
        )
        sys.stderr.flush()

    def _left(self, now: float) -> str:
        """How long the rest takes at the pace from the first unit on, where that is known."""
        if not self._paced or self._total is None or self._first is None or self._done >= self._total:
            return ""
        first, before = self._first
        if self._done == before or now - first < PACE_AFTER:
            return ""
        pace = (now - first) / (self._done - before)
        minutes, seconds = divmod(round(pace * (self._total - self._done)), 60)
        return f", about {minutes} min {seconds:02} s left"


@contextmanager
def bar(
    total: int | None,
    description: str,
    unit: str = "it",
    silent: bool = False,
    *,
    paced: bool = True,
    stays: bool = True,
) -> Iterator[Bar]:
    """
    A `Bar` for the length of a `with` block; see there for the arguments.

    Returns:
        `ContextManager[Bar]`: Call `update` and `set_postfix` on what `with ... as` gives.
    """
    shown = Bar(total, description, unit, silent, paced=paced, stays=stays)
    try:
        yield shown
    finally:
        shown.close()


def say(text: str) -> None:
    """A line on stderr, above the bars that are shown there."""
    tqdm.write(text, file=sys.stderr)
    sys.stderr.flush()
