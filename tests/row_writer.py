"""What the loopback server writes when a build asks it: rows in each form that prompts ask for."""

import json
import re

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
        if "diverse topics" in asked.prompt:
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
