"""What the loopback servers write: sentences of ordinary words, or objects of a schema, both fixed by a seed."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WORDS = """
able above across after again air almost along already also always among answer apple around arrive asleep
autumn away baker balcony basket bay beach because before begin behind bell below bench better between bicycle
bird blue boat book border bottle bowl branch bread bridge bright brother brown bucket build busy butter
button cabin camera candle careful carry castle cat catch centre chair cheese cherry child circle city clean
clear climb clock cloud coast coat coffee cold corner cotton country cousin cover cream cross crowd cup dance
dark daughter deep desert desk dinner doctor dog door dream dress drink drive dry duck early east easy edge
egg eight empty engine evening every eye fall family far farm fast father feather fence few field find fire
fish flag floor flower fly follow forest fork four fresh friend fruit full garden gate gentle gift glass gold
grass great green grey ground guest guitar hair half hall hammer hand happy harbour hat heavy hill honey horse
house hundred ice inside island jacket journey juice jump key kitchen kite ladder lake lamp large late laugh
leaf lemon letter light listen little long loud lunch machine map market meadow milk mirror moon morning
mother mountain mouse music narrow near needle new night north number ocean office old olive onion open orange
orchard paint paper park path pencil pepper piano picture pillow plate pocket
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Asked:
    """
    What a responder gets to know of a request.

    Args:
        path (`str`):
            Route that was asked.
        prompt (`str`):
            The plain prompt, or the chat as one text.
        messages (`tuple[dict, ...]`):
            The chat; empty for a plain prompt.
        seed (`int`, *optional*):
            Seed in force: the request's, or the one that the server drew. `None` for greedy answers.
        parameters (`dict`):
            The request's sampling settings as they were sent.
        schema (`dict`, *optional*):
            JSON schema that the reply has to follow.
    """

    path: str
    prompt: str
    messages: tuple[dict[str, Any], ...]
    seed: int | None
    parameters: dict[str, Any]
    schema: dict[str, Any] | None


Responder = Callable[[Asked], str]


def dice(asked: Asked) -> random.Random:
    """A source of chance that prompt and seed fix."""
    digest = hashlib.sha256(f"{asked.seed}\n{asked.prompt}".encode()).digest()
    return random.Random(digest)


def sentence(chance: random.Random) -> str:
    """Six to fourteen words and a full stop."""
    return " ".join(chance.choices(WORDS, k=chance.randint(6, 14))).capitalize() + "."


def value_for(schema: dict[str, Any], chance: random.Random) -> Any:
    """A value that follows a schema: enum, const, and the types that a grammar of TGI supports."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get("type", "object" if "properties" in schema else "string"):
        case "object":
            return {name: value_for(part, chance) for name, part in schema.get("properties", {}).items()}
        case "array":
            length = chance.randint(schema.get("minItems", 1), schema.get("maxItems", schema.get("minItems", 1) + 2))
            return [value_for(schema.get("items", {"type": "string"}), chance) for _ in range(length)]
        case "integer":
            return chance.randint(0, 99)
        case "number":
            return round(chance.uniform(0, 99), 2)
        case "boolean":
            return chance.random() < 0.5
        case _:
            return sentence(chance)


def words_of_the_seed(asked: Asked) -> str:
    """The servers' own reply: a sentence, or an object where there is a schema; same seed and prompt, same reply."""
    chance = dice(asked)
    return sentence(chance) if asked.schema is None else json.dumps(value_for(asked.schema, chance))
