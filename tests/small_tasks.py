"""Two small tasks with real rows, as recipes in plain values, and engines that answer them."""

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Request
from tests.servers.replies import sentence

FILMS = {
    "negative": [
        "The plot drags through two tired hours.",
        "Wooden acting ruins every single scene.",
        "I walked out before the ending came.",
        "A loud, empty and cynical sequel.",
        "Nothing about this comedy made me laugh.",
        "The worst script of the whole year.",
    ],
    "positive": [
        "A warm story told with great care.",
        "Both leads shine from start to finish.",
        "I would happily watch it again tomorrow.",
        "Gorgeous pictures and a moving score.",
        "The jokes land and the heart shows.",
        "An honest, quiet and beautiful debut.",
    ],
}
FILM_TESTS = {
    # The first of them stands in the train rows too, and must not be shown.
    "negative": ["The plot drags through two tired hours.", "A dull thriller without one surprise."],
    "positive": ["Sharp dialogue carries this clever mystery.", "Tender, funny and never too long."],
}
PAIRS = {
    "entailment": [
        ("Two dogs run over the wide beach.", "Some animals are outside."),
        ("A chef cuts onions in a kitchen.", "Somebody prepares some food."),
        ("Children sing in the old church.", "There is some music inside."),
        ("The train left at seven o'clock sharp.", "A train has departed already."),
    ],
    "no_entailment": [
        ("A man reads on a green bench.", "The man is fast asleep."),
        ("Snow covers the whole village square.", "It is the middle of July."),
        ("Her new bicycle is bright red.", "She owns a large blue car."),
        ("The shop opens every day at nine.", "The shop is closed for ever."),
    ],
}


def one_column_task(folder: Path) -> dict[str, Any]:
    """Films: one text column, labels negative and positive, twelve train and four test rows in `folder`."""
    for name, rows in (("train", FILMS), ("test", FILM_TESTS)):
        _write(
            folder / f"{name}.csv", ["sentence", "label"], [(text, label) for label in rows for text in rows[label]]
        )
    return {
        "name": "films",
        "task": {
            "description": "Decide whether a sentence from a film review is positive or negative.",
            "columns": {"text": "one sentence from a film review"},
            "labels": {"negative": "the writer dislikes the film", "positive": "the writer likes the film"},
        },
        "real": {"train": "train.csv", "test": "test.csv", "columns": {"sentence": "text"}},
        "generation": {"rows": {"train": 12, "validation": 4}, "seed": 3},
        "variants": {"zero_shot": {"strategy": "zero_shot"}, "few_shot": {"strategy": "few_shot", "k": 2}},
        "card": {"pretty_name": "Films, synthetic", "license": "cc-by-4.0"},
    }


def two_column_task(folder: Path) -> dict[str, Any]:
    """Entailment: two text columns, eight train rows in `folder`."""
    _write(
        folder / "pairs.csv",
        ["premise", "hypothesis", "label"],
        [(*pair, label) for label, pairs in PAIRS.items() for pair in pairs],
    )
    return {
        "name": "pairs",
        "task": {
            "kind": "text_pair_classification",
            "description": "Decide whether the hypothesis follows from the premise.",
            "columns": {"premise": "a sentence that is true", "hypothesis": "a sentence that may follow from it"},
            "labels": {"entailment": "the hypothesis follows", "no_entailment": "the hypothesis does not follow"},
        },
        "real": {"train": "pairs.csv"},
        "generation": {"rows": {"train": 12}, "seed": 3},
        "variants": {"zero_shot": {"strategy": "zero_shot"}, "few_shot": {"strategy": "few_shot", "k": 2}},
    }


def needed_options(strategy: str, columns: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Options without which a strategy can't be made, for a task of these columns and labels."""
    if strategy == "attributes":
        return {"attributes": {"style": ["dry", "warm", "angry"], "writer": 2}}
    if strategy == "paraphrase":
        return {"min_similarity": 0.0}  # scripted replies have nothing to do with the rows that prompts show
    if strategy == "template":
        openings = dict(zip(labels, ("The", "My", "Her", "No"), strict=False))
        kinds = ("{noun} was {adjective} on {day}.", "{noun} {adjective} as ever, said he on {day}.")
        return {
            "templates": {
                label: [
                    {column: f"{opening} {'very ' * number}{kind}" for number, column in enumerate(columns)}
                    for kind in kinds
                ]
                for label, opening in openings.items()
            },
            "lexicons": {
                "noun": ["plot", "music", "boat", "shore", "garden", "kitchen"],
                "adjective": ["dull", "lovely", "far", "green", "cold", "famous"],
                "day": ["Monday", "Tuesday", "Friday", "Sunday"],
            },
        }
    return {}


def sentence_of_the_seed(request: Request) -> str:
    """A sentence that the request's seed fixes: a reply for the plain text form."""
    return sentence(random.Random(request.seed))


def some_unusable(every: int) -> Callable[[Request], str]:
    """Sentences, but for every so-manieth seed a reply that is too short."""

    def reply(request: Request) -> str:
        return "Too short." if request.seed % every == 0 else sentence_of_the_seed(request)

    return reply


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
