"""
The parts of a dataset card: its front matter, the sections that are computed, each between two marks, and what people
wrote. Whatever stands outside the marks belongs to people and stays where it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import yaml

from synth_builder.errors import ReleaseError

BEGIN_BY_HAND = "<!-- written by hand: begin -->"
END_BY_HAND = "<!-- written by hand: end -->"
BY_HAND_AFTER = "rebuild"
"""The section after which the hand-written file of the dataset, `cards/<name>.md`, goes."""

_BEGIN = re.compile(r"<!-- computed: ([a-z_]+): begin -->")
_END = "<!-- computed: end -->"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_FRONT = re.compile(r"\ufeff?\s*---\r?\n(.*?\n)??---[ \t]*(?:\r?\n|$)", re.DOTALL)


@dataclass(frozen=True)
class CardParts:
    """
    A card, taken apart.

    Args:
        front (`dict[str, Any]`):
            The front matter.
        sections (`dict[str, str]`):
            Name of a computed section -> its text, in order.
        by_hand (`str`):
            Text of `cards/<name>.md`, empty when there is none.
        between (`dict[str, str]`):
            What people wrote into the card itself: name of the computed section before it (empty: at the top) -> text.
    """

    front: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    by_hand: str = ""
    between: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Take a card apart. Marks count on a line of their own and outside of code blocks only: a text from a model may
        hold them, and a person may show them.

        Raises:
            ReleaseError: The front matter is no YAML mapping, or a mark or the end of a code block is missing.
        """
        front, body = split_front(text)
        sections: dict[str, list[str]] = {}
        between: dict[str, list[str]] = {}
        by_hand: list[str] = []
        inside, last, fence = None, "", ""
        shown = lost = False
        for line in body.split("\n"):
            mark = line.rstrip()
            begin = _BEGIN.fullmatch(mark)
            if inside is None:
                if not fence and begin is not None:
                    inside = last = begin[1]
                    sections[inside] = []
                    continue
                if not fence and mark == BEGIN_BY_HAND:
                    inside = BEGIN_BY_HAND
                    continue
                shown = shown or begin is not None or mark == BEGIN_BY_HAND
                lost = lost or (not fence and mark in (_END, END_BY_HAND))
                between.setdefault(last, []).append(line)
            elif not fence and mark == (END_BY_HAND if inside == BEGIN_BY_HAND else _END):
                inside = None
                continue
            else:
                (by_hand if inside == BEGIN_BY_HAND else sections[inside]).append(line)
            fence = _fence_after(line, fence)
        if inside is not None:
            raise ReleaseError(
                f"The card has no end of its part {inside!r}: a mark or the end of a code block is missing. Put it "
                "back by hand."
            )
        if shown and (fence or lost):
            # A block that a person began and did not end would make one text of all sections that follow it.
            raise ReleaseError(
                f"A code block that stands behind {last or 'the top'!r} in the card has no end, so it holds marks of "
                "computed sections. End it by hand."
            )
        return cls(
            front,
            {name: "\n".join(lines).strip("\n") for name, lines in sections.items()},
            "\n".join(by_hand).strip(),
            {name: text for name, lines in between.items() if (text := "\n".join(lines).strip())},
        )

    def with_sections(self, front: Mapping[str, Any], sections: Mapping[str, str]) -> Self:
        """
        The same card with everything that is computed anew. What people wrote stays at its place; where the section
        before it is gone, after the one before that.
        """
        kept = {name: text for name, text in sections.items() if text}
        between: dict[str, list[str]] = {}
        nearest = ""
        # What stands behind a section that this card has not, comes from a card that has it.
        for name in dict.fromkeys(["", *self.sections, *self.between]):
            nearest = name if name in kept else nearest
            if name in self.between:
                between.setdefault(nearest, []).append(self.between[name])
        texts = {name: "\n\n".join(found) for name, found in between.items()}
        return replace(self, front=dict(front), sections=kept, between=texts)

    def to_text(self) -> str:
        """The card. A code block that a person left open is ended where their text ends."""
        parts = [_ended(self.between.get("", ""))]
        place = BY_HAND_AFTER if BY_HAND_AFTER in self.sections else next(reversed(self.sections), None)
        for name in self.sections:
            parts.append(f"<!-- computed: {name}: begin -->\n\n{self.sections[name]}\n\n{_END}")
            if name == place and self.by_hand:
                parts.append(f"{BEGIN_BY_HAND}\n\n{_ended(self.by_hand)}\n\n{END_BY_HAND}")
            parts.append(_ended(self.between.get(name, "")))
        front = yaml.safe_dump(self.front, sort_keys=False, allow_unicode=True, width=110) if self.front else ""
        return f"---\n{front}---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def split_front(text: str) -> tuple[dict[str, Any], str]:
    """
    The front matter of a card and what follows it.

    Raises:
        ReleaseError: The front matter is no YAML mapping.
    """
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    try:
        front = yaml.safe_load(found[1] or "")
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        # The others are what PyYAML ends in where a value does not fit its form, such as the day 2024-13-45.
        told = " ".join(str(error).split())
        raise ReleaseError(f"The front matter of the card is no YAML: {told}. Correct the card by hand.") from error
    except RecursionError as error:
        raise ReleaseError("The front matter of the card is nested too deeply. Correct the card by hand.") from error
    if not isinstance(front, dict | None):
        raise ReleaseError(
            f"The front matter of the card is a {type(front).__name__}, expected keys and values. Correct it by hand."
        )
    return front or {}, text[found.end() :]


def _ended(text: str) -> str:
    """A text whose last code block has an end: what follows would else be part of it."""
    fence = ""
    for line in text.split("\n"):
        fence = _fence_after(line, fence)
    return f"{text}\n{fence}" if fence else text


def _fence_after(line: str, fence: str) -> str:
    """The fence of the code block that the next line stands in; empty outside of code."""
    found = _FENCE.fullmatch(line)
    if found is None:
        return fence
    if fence:
        return "" if found[1].startswith(fence) and not found[2].strip() else fence
    return "" if found[1][0] == "`" and "`" in found[2] else found[1]
