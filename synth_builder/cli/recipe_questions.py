import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth_builder.errors import RecipeError
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.scaffold import Answers, recipe_text
from synth_builder.recipes.yaml_text import read_yaml

# What is not known yet, so that each answer can be judged as a part of a whole recipe.
STAND_IN = Answers(
    name="recipe",
    description="a task",
    columns={"text": "a text"},
    labels={"first": "a label", "second": "another"},
    train=None,
    test=None,
    language="en",
    rows=1000,
)


def check_answers(answers: Answers, directory: Path) -> str:
    """
    The recipe of some answers, as text.

    Args:
        answers (`Answers`):
            All of them.
        directory (`Path`):
            Where relative paths of the recipe start.

    Raises:
        RecipeError: It would be no recipe; the message says why.
    """
    text = recipe_text(answers)
    Recipe.from_dict(read_yaml(text, "The recipe"), directory=directory, where="The recipe", check_files=False)
    return text


def ask_for_answers(known: Answers, directory: Path) -> Answers:
    """
    Ask on the terminal for what a recipe needs. An answer that no recipe can have is asked for again at once.

    Args:
        known (`Answers`):
            What is known already; an empty description, no columns, less than two labels and no real rows are asked
            for.
        directory (`Path`):
            Where relative paths of the recipe start.

    Returns:
        `Answers`: All of them.

    Raises:
        RecipeError: What is known already fits no recipe, or the input ended.
    """
    so_far = replace(
        known,
        description=known.description or STAND_IN.description,
        columns=known.columns or STAND_IN.columns,
        labels=known.labels if len(known.labels) > 1 else STAND_IN.labels,
        train=real_rows(known.train),
        test=real_rows(known.test),
    )
    check_answers(so_far, directory)

    def fits(**answer: Any) -> None:
        check_answers(replace(so_far, **answer), directory)

    description = known.description or _asked(
        "What has to be decided about a text, in a sentence", check=lambda text: fits(description=text)
    )
    columns = known.columns
    if not columns:
        names = _asked(
            "Names of the text columns, one or two", "text", lambda text: fits(columns=_columns(_words(text)))
        )
        columns = {
            name: _asked(f"What stands in the column {name!r} (for example: a review of a product)")
            for name in _words(names)
        }
    labels = dict(known.labels)
    while len(labels) < 2:
        if labels:
            print(f"A classifier needs at least two labels, and there is {', '.join(labels)} alone.", file=sys.stderr)
        answer = _asked(
            "Names of the labels, separated by commas", check=lambda text: fits(labels=_labels(_parts(text), labels))
        )
        for name in _parts(answer):
            labels[name] = _asked(f"What the label {name!r} means")
    train = known.train or _asked(
        "Real train rows, to be shown to the model (Hub id:split or a file)",
        "none",
        lambda text: fits(train=real_rows(text)),
    )
    test = known.test or _asked(
        "Real test rows, for scoring (Hub id:split or a file)", "none", lambda text: fits(test=real_rows(text))
    )
    return replace(
        known, description=description, columns=columns, labels=labels, train=real_rows(train), test=real_rows(test)
    )


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _parts(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _columns(names: list[str]) -> dict[str, str]:
    if len(names) not in (1, 2):
        raise RecipeError(f"Found {len(names)} names; expected one text column or two.")
    _each_once(names)
    return dict.fromkeys(names, "a text")


def _labels(names: list[str], there: dict[str, str]) -> dict[str, str]:
    """Labels to be judged: those that are there and the new ones, and a second one where there is one alone."""
    if not names:
        raise RecipeError("Found no name; expected at least one.")
    _each_once([*there, *names])
    labels = dict.fromkeys([*there, *names], "a label")
    return labels if len(labels) > 1 else {**labels, f"not {names[0]}": "another"}


def _each_once(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RecipeError(f"{twice!r} is named twice; name each once.")


def real_rows(answer: str | None) -> str | None:
    """Real rows as they were named; the word `none` names none."""
    return None if answer == "none" else answer


def _asked(question: str, default: str = "", check: Callable[[str], object] | None = None) -> str:
    while True:
        print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise RecipeError("The input ended before the recipe was complete; nothing was written.")
        answer = line.strip() or default
        if not answer:
            continue
        try:
            if check is not None:
                check(answer)
        except RecipeError as error:
            print(f"That can't be: {str(error).removeprefix('The recipe: ')}", file=sys.stderr)
            continue
        return answer
