import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never

from tqdm import tqdm


class Bar:
    """
    A progress bar on stderr; it shows nothing where stderr is no terminal.

    Args:
        total (`int`, *optional*):
            Units until the end, where that is known.
        description (`str`):
            What goes on, in front of the bar.
        unit (`str`, defaults to `"it"`):
            Word for one unit.
    """

    def __init__(self, total: int | None, description: str, unit: str = "it") -> None:
        self._tqdm: tqdm[Never] = tqdm(
            total=total,
            desc=description,
            unit=f" {unit}",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
        )

    def update(self, n: int = 1) -> None:
        """Say that `n` more units are done."""
        self._tqdm.update(n)

    def set_postfix(self, text: str) -> None:
        """Replace the text behind the bar."""
        self._tqdm.set_postfix_str(text)

    def close(self) -> None:
        """End the line; the bar stays visible."""
        self._tqdm.close()


@contextmanager
def bar(total: int | None, description: str, unit: str = "it") -> Iterator[Bar]:
    """
    A `Bar` for the length of a `with` block; see there for the arguments.

    Returns:
        `ContextManager[Bar]`: Call `update` and `set_postfix` on what `with ... as` gives.
    """
    shown = Bar(total, description, unit)
    try:
        yield shown
    finally:
        shown.close()
