"""What the loopback server writes when a build asks it: rows in each form that prompts ask for."""

import json
import random
import re
from collections.abc import Callable

from synth_builder.engines.base import Request
from tests.servers.replies import WORDS, Asked, Responder, dice, sentence, value_for

_FORM_LINE = re.compile(r"^([\w ]+): <(.*)>$", re.MULTILINE)


def row_writer(fields: list[str], label_column: str = "label", labels: tuple[str, ...] = ()) -> Responder:
    """
    A responder for the prompts of the shipped strategies, fixed by prompt and seed. One reply in eight can't be used.

    Args:
        fields (`list[str]`):
            Fields that a reply has, in their order; the completion form does not name them all.
        label_column (`str`, defaults to `"label"`):
            The field among them that is a label.
        labels (`tuple[str, ...]`):
            What may stand in it.
    """

    def write(asked: Asked) -> str:
        chance = dice(asked)
        if "diverse topics" in asked.prompt or "diverse values" in asked.prompt:
            words = chance.sample(WORDS, 12)
            return "\n".join(f"{number}. {word.capitalize()} stories" for number, word in enumerate(words, start=1))
        if chance.random() < 0.125:
            return chance.choice(["I'm sorry, but I can't help with that request.", "Short.", "{", "- "])
        if asked.schema is not None:
            return json.dumps(value_for(asked.schema, chance))
        if len(fields) == 1:
            return sentence(chance)
        written = {name: chance.choice(labels) if name == label_column else sentence(chance) for name in fields}
        if _FORM_LINE.search(asked.prompt):
            return "\n".join(f"{name.capitalize()}: {value}" for name, value in written.items())
        # The prompt ends with the first field's name and a colon.
        first, *rest = fields
        return "\n".join([f" {written[first]}", *(f"{name.capitalize()}: {written[name]}" for name in rest)]) + "\n\n"

    return write


def written(rows: list[dict[str, str]], form: str) -> str:
    """A reply in the form that prompts ask for."""
    if form == "json":
        return json.dumps({"rows": rows})
    if form == "text":
        return "\n".join(f"{number}. {next(iter(row.values()))}" for number, row in enumerate(rows, start=1))
    return "\n\n".join("\n".join(f"{name.capitalize()}: {text}" for name, text in row.items()) for row in rows)


def row_list_writer(columns: list[str], labels: list[str], label_mode: str) -> Callable[[Request], str]:
    """Writes as many rows as it is asked for; one row in six is too short, one reply in eight one row short."""

    def write(request: Request) -> str:
        asked = request.messages[-1].content
        chance = random.Random(f"{request.seed}{len(request.messages)}")
        if "per line" in asked:
            return "\n".join(f"{number}. {sentence(chance)[:12]}" for number in range(1, 11))
        count = next(
            (number for number in (2, 3) if f"from 1 to {number}," in asked or f"with {number} blocks" in asked), 1
        )
        rows = []
        for _ in range(count - (count > 1 and chance.random() < 0.125)):
            row = {name: sentence(chance) if chance.random() > 1 / 6 else "Short." for name in columns}
            rows.append(row | ({"label": chance.choice(labels)} if label_mode == "generated" else {}))
        several = len(rows[0]) > 1
        if count == 1:
            return written(rows, "tagged") if several else rows[0][columns[0]]
        return written(rows, "tagged" if several else "text")

    return write
