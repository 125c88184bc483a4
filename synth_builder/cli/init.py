import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from synth_builder.cli.engine_arguments import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder init`."""
    parser.add_argument("path", metavar="PATH", help="the recipe file to write")
    parser.add_argument("--name", metavar="NAME", help="name of the dataset (default: the file's name)")
    parser.add_argument("--description", metavar="TEXT", help="the task in a sentence")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="a text column and what stands in it; give one or two",
    )
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="a label and what it means; give at least two",
    )
    parser.add_argument("--train", metavar="REF", help="real train rows: Hub id:split, or a local file")
    parser.add_argument("--test", metavar="REF", help="real test rows: Hub id:split, or a local file")
    parser.add_argument("--language", default=None, metavar="CODE", help="language of the texts (default: en)")
    parser.add_argument(
        "--rows", type=positive, default=None, metavar="N", help="train rows to generate (default: 1000)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")


def run(arguments: argparse.Namespace) -> int:
    """Write the recipe; ask for what the flags leave open, on a terminal."""
    from synth_builder.cli.recipe_questions import ask_for_answers, check_answers, real_rows
    from synth_builder.errors import RecipeError
    from synth_builder.recipes.scaffold import Answers

    path = Path(arguments.path)
    _refuse_unwritable(path)
    if os.path.exists(path) and not arguments.force:
        raise RecipeError(f"{str(path)!r} is there already; give another path, or --force to overwrite it.")
    asks = sys.stdin.isatty() and not (arguments.description and arguments.column and arguments.label)
    answers = Answers(
        name=arguments.name or path.stem,
        description=arguments.description or "",
        columns=_pairs(arguments.column, "--column"),
        labels=_pairs(arguments.label, "--label"),
        train=arguments.train,
        test=arguments.test,
        language=arguments.language or "en",
        rows=arguments.rows or 1000,
    )
    if asks:
        print(f"A recipe for {path.stem!r}. Empty answers take what stands in brackets.", file=sys.stderr)
        answers = ask_for_answers(answers, path.parent)
    missing = [
        flag
        for flag, value in (
            ("--description", answers.description),
            ("--column", answers.columns),
            ("--label", answers.labels),
        )
        if not value
    ]
    if missing:
        raise RecipeError(
            f"A recipe needs {', '.join(missing)}; give them, or run this on a terminal to be asked. Example: "
            "synth-builder "
            "init reviews.yaml --description 'Tell praise from blame.' --column 'text=a product review' "
            "--label 'praise=the writer is content' --label 'blame=the writer is not'"
        )
    # What is written has to be a recipe: problems come out before anything is on the disk.
    answers = replace(answers, train=real_rows(answers.train), test=real_rows(answers.test))
    text = check_answers(answers, path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"The recipe can't be written to {str(path)!r}: {error.strerror}. Give another path."
        ) from error
    print(f"Wrote {path}. Next: synth-builder preview {path}")
    return 0


def _refuse_unwritable(path: Path) -> None:
    """Told before anything is asked, so that no answer is lost."""
    from synth_builder.errors import RecipeError

    # os.path tells of what may not be looked at that it is not there.
    if os.path.isdir(path):
        raise RecipeError(f"{str(path)!r} is a folder; give the path of the recipe file to write.")
    if os.path.exists(path):
        return
    folder = next(parent for parent in path.absolute().parents if os.path.exists(parent))
    if not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
        raise RecipeError(
            f"The recipe can't be written to {str(path)!r}: {str(folder)!r} is no folder that can be written to. "
            "Give another path."
        )


def _pairs(given: list[str], flag: str) -> dict[str, str]:
    from synth_builder.errors import RecipeError

    pairs = {}
    for pair in given:
        name, equals, meaning = pair.partition("=")
        if not equals or not name.strip() or not meaning.strip():
            raise RecipeError(f"{flag} got {pair!r}; expected NAME=TEXT, for example 'positive=the writer likes it'.")
        if name.strip() in pairs:
            raise RecipeError(f"{flag} names {name.strip()!r} twice; give each name once.")
        pairs[name.strip()] = meaning.strip()
    return pairs
