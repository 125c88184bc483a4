"""Texts with slots in them, and the words that fill the slots."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth_builder.strategies.slot import scattered

SLOT = re.compile(r"\{(\w+)\}")

_ARTICLE = re.compile(r"\b([aA])\(n\)(\s+)(\W*)(\w)")


def stray_braces(text: str) -> str | None:
    """What stands in or at a brace that is no slot's, `None` when there is none."""
    found = re.search(r"\{[^{}]*\}?|\}", SLOT.sub("", text))
    return found[0] if found else None


def slots_of(columns: Mapping[str, str]) -> list[str]:
    """Names of the slots in a template's texts, each once, in their order."""
    return list(dict.fromkeys(name for text in columns.values() for name in SLOT.findall(text)))


@dataclass(frozen=True)
class SentenceTemplate:
    """
    A template with the words for its slots.

    Args:
        id (`str`):
            What rows call it.
        columns (`Mapping[str, str]`):
            Text column -> text with slots such as `{noun}`. A slot that stands there twice gets the same word twice.
        lexicons (`Mapping[str, Sequence[str]]`):
            Slot -> its words.
        agreement (`Sequence[tuple[str, str]]`, defaults to `()`):
            Words -> what stands in their place after the slots are filled, one rule after the other.
    """

    id: str
    columns: Mapping[str, str]
    lexicons: Mapping[str, Sequence[str]]
    agreement: Sequence[tuple[str, str]] = ()

    @property
    def combinations(self) -> int:
        """In how many ways it can be filled."""
        return math.prod(len(self.lexicons[name]) for name in slots_of(self.columns))

    def fill(self, number: int) -> dict[str, str]:
        """The texts of one combination of words, by its number."""
        words = {}
        for name in slots_of(self.columns):
            number, place = divmod(number, len(self.lexicons[name]))
            words[name] = self.lexicons[name][place]
        return {column: self._filled(text, words) for column, text in self.columns.items()}

    def _filled(self, text: str, words: Mapping[str, str]) -> str:
        filled = SLOT.sub(lambda slot: words[slot[1]], text)
        filled = _ARTICLE.sub(_article, filled)
        for found, wanted in self.agreement:
            filled = re.sub(rf"(?<!\w){re.escape(found)}(?!\w)", lambda _, wanted=wanted: wanted, filled)  # type: ignore[misc]
        return filled[:1].upper() + filled[1:] if SLOT.match(text) else filled


def _article(match: re.Match[str]) -> str:
    letter, space, marks, following = match.groups()
    return f"{letter}{'n' if following.casefold() in 'aeiou' else ''}{space}{marks}{following}"


class TemplatePool:
    """
    All texts that some templates make, in an order in which the templates take turns: so each is used as little as can
    be, however few texts some of them have.

    Args:
        templates (`Sequence[SentenceTemplate]`):
            At least one.
        seed (`int`):
            Decides the order of each template's texts.
    """

    def __init__(self, templates: Sequence[SentenceTemplate], seed: int) -> None:
        self.templates = list(templates)
        self.total = sum(one.combinations for one in templates)
        self._seed = seed
        # Stretches in which the same templates take turns: first position, round, templates.
        self._stretches: list[tuple[int, int, list[SentenceTemplate]]] = []
        position = rounds = 0
        taking = self.templates
        for size in sorted({one.combinations for one in templates}):
            taking = [one for one in taking if one.combinations >= size]
            self._stretches.append((position, rounds, taking))
            position += (size - rounds) * len(taking)
            rounds = size

    def at(self, position: int) -> tuple[SentenceTemplate, int]:
        """Template and round of a position, in `range(total)`."""
        start, rounds, taking = next(one for one in reversed(self._stretches) if one[0] <= position)
        further, place = divmod(position - start, len(taking))
        return taking[place], rounds + further

    def texts(self, template: SentenceTemplate, number: int) -> dict[str, str]:
        """The texts of a template in one of its rounds."""
        return template.fill(scattered(number, template.combinations, self._seed, template.id))

    def uses(self, rows: int) -> dict[str, int]:
        """Template -> how often it comes among the first so many positions."""
        counts = dict.fromkeys((one.id for one in self.templates), 0)
        for number, (start, _, taking) in enumerate(self._stretches):
            end = self._stretches[number + 1][0] if number + 1 < len(self._stretches) else self.total
            rounds, rest = divmod(max(min(rows, end) - start, 0), len(taking))
            for place, one in enumerate(taking):
                counts[one.id] += rounds + (place < rest)
        return counts
