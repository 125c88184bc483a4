import argparse
import os
import sys
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
    from synth_builder.errors import RecipeError
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.recipes.scaffold import Answers, recipe_text

    path = Path(arguments.path)
    _refuse_unwritable(path)
    if os.path.exists(path) and not arguments.force:
        raise RecipeError(f"{str(path)!r} is there already; give another path, or --force to overwrite it.")
    asks = sys.stdin.isatty() and not (arguments.description and arguments.column and arguments.label)
    columns = _pairs(arguments.column, "--column")
    labels = _pairs(arguments.label, "--label")
    description = arguments.description
    train, test = arguments.train, arguments.test
    if asks:
        print(f"A recipe for {path.stem!r}. Empty answers take what stands in brackets.", file=sys.stderr)
        description = description or _asked("What has to be decided about a text, in a sentence")
        columns = columns or {
            name: _asked(f"What stands in the column {name!r} (for example: a review of a product)")
            for name in _asked("Names of the text columns, one or two", "text").replace(",", " ").split()
        }
        while not labels or len(labels) < 2:
            for name in _asked("Names of the labels, separated by commas").split(","):
                if name.strip():
                    labels[name.strip()] = _asked(f"What the label {name.strip()!r} means")
        train = train or _asked("Real train rows, to be shown to the model (Hub id:split or a file)", "none")
        test = test or _asked("Real test rows, for scoring (Hub id:split or a file)", "none")
    missing = [
        flag
        for flag, value in (("--description", description), ("--column", columns), ("--label", labels))
        if not value
    ]
    if missing:
        raise RecipeError(
            f"A recipe needs {', '.join(missing)}; give them, or run this on a terminal to be asked. Example: "
            "synth-builder "
            "init reviews.yaml --description 'Tell praise from blame.' --column 'text=a product review' "
            "--label 'praise=the writer is content' --label 'blame=the writer is not'"
        )
    text = recipe_text(
        Answers(
            name=arguments.name or path.stem,
            description=description or "",
            columns=columns,
            labels=labels,
            train=None if train == "none" else train,
            test=None if test == "none" else test,
            language=arguments.language or "en",
            rows=arguments.rows or 1000,
        )
    )
    from synth_builder.recipes.yaml_text import read_yaml

    # What is written has to be a recipe: problems come out before anything is on the disk.
    Recipe.from_dict(read_yaml(text, "The recipe"), directory=path.parent, where="The recipe", check_files=False)
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


def _asked(question: str, default: str = "") -> str:
    from synth_builder.errors import RecipeError

    while True:
        print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise RecipeError("The input ended before the recipe was complete; nothing was written.")
        if line.strip() or default:
            return line.strip() or default
