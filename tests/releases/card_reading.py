"""Reads a card as a Markdown reader does, as far as its structure goes."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import yaml

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")


@dataclass
class Card:
    """Front matter, headings and blocks of a card; what stands in code blocks is none of them."""

    front: dict[str, Any]
    headings: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    table_widths: list[int] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)


def read_card(text: str) -> Card:
    """The structure of a card; an open code block or a damaged front matter is an error."""
    assert text.startswith("---\n")
    front, separator, body = text.removeprefix("---\n").partition("\n---\n")
    assert separator
    card = Card(yaml.safe_load(front))
    fence, block = "", list[str]()
    for line in body.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                card.blocks.append("\n".join(block))
                fence, block = "", []
            else:
                block.append(line)
        elif found:
            fence = found[1]
        else:
            _read_line(card, line)
    assert not fence, "a code block is not closed"
    return card


def _read_line(card: Card, line: str) -> None:
    if re.match(r"^#{1,6} ", line):
        card.headings.append(line)
    elif line.startswith("|"):
        card.table_widths.append(len(re.findall(r"(?<!\\)\|", line)) - 1)
    else:
        card.prose.append(line)
    card.tags.update(re.findall(r"</?[a-zA-Z]+|<!--", line))
