"""Lists that the model makes before the first row: topics, personas, styles."""

import math
from collections.abc import Callable, Generator, Sequence

from synth_builder.engines.base import Completion, Request
from synth_builder.recipes.text_identity import normalised
from synth_builder.strategies.cleaning import clean_text

PER_REPLY = 10
ROUNDS = 6


class ValueList:
    """
    Different values, as many as are wanted.

    Args:
        name (`str`):
            What they are values of.
        wanted (`int`):
            How many.
        longest (`int`):
            Words of the longest value; a longer line of a reply is talk.
    """

    def __init__(self, name: str, wanted: int, longest: int) -> None:
        self.name = name
        self.wanted = wanted
        self.longest = longest
        self.values: list[str] = []
        self._seen: set[str] = set()

    @property
    def missing(self) -> int:
        """How many are still wanted."""
        return max(self.wanted - len(self.values), 0)

    def add(self, value: str) -> None:
        """Take a value, unless it is there already or there are enough."""
        if self.missing and normalised([value]) not in self._seen:
            self._seen.add(normalised([value]))
            self.values.append(value)


def filled(
    lists: Sequence[ValueList], request: Callable[[ValueList, int, int], Request]
) -> Generator[list[Request], list[Completion], None]:
    """
    Ask until each list has what it wants; after some rounds it has to do with what there is.

    Args:
        lists (`Sequence[ValueList]`):
            The lists; they are filled in place.
        request (`Callable`):
            The request for a list, by the round's number and the request's number among those of the list.
    """
    for number in range(ROUNDS):
        asked = [(one, place) for one in lists for place in range(math.ceil(one.missing / PER_REPLY))]
        if not asked:
            return
        completions = yield [request(one, number, place) for one, place in asked]
        for (one, _), completion in zip(asked, completions, strict=True):
            for value in read_list(completion.text, one.longest, cut=completion.finish_reason == "length"):
                one.add(value)


def read_list(reply: str, longest: int, *, cut: bool = False) -> list[str]:
    """
    The values of a reply with one value a line.

    Args:
        reply (`str`):
            What the model wrote.
        longest (`int`):
            Words of the longest value.
        cut (`bool`, defaults to `False`):
            Whether it ended at the limit of tokens; the last line is not finished then.

    Returns:
        `list[str]`: Values without numbering, marks and explanations behind a colon or a dash.
    """
    lines = reply.splitlines()
    if cut:
        lines = lines[:-1]
    values = []
    for line in lines:
        if line.strip().endswith(":"):
            continue
        value = clean_text(line)
        for mark in (": ", " - ", " \u2013 ", " \u2014 "):
            value = value.split(mark)[0]
        value = clean_text(value).rstrip(".,;:")
        if any(letter.isalpha() for letter in value) and len(value.split()) <= longest:
            values.append(value)
    return values
