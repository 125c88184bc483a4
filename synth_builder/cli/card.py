import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder card`."""
    parser.add_argument("release", metavar="RELEASE", help="a release folder")
    parser.add_argument(
        "--pictures",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="draw the pictures anew, or draw none (default: draw those that are missing)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the card as a page for the browser")
    parser.epilog = (
        "Asks no model. Near duplicates, refusals and languages are measured on up to 20,000 rows of each variant;\n"
        "pictures and the page need `pip install 'synth-builder[pictures]'`, the map also the extra `score`."
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the card, and tell what is on it and what is not."""
    from synth_builder.verbs.card import card

    made = card(arguments.release, pictures=arguments.pictures, html=arguments.html)
    print(f"Wrote {made.path} with {len(made.pictures)} pictures.")
    if arguments.html is not None:
        print(f"Wrote {arguments.html}: open it in a browser.")
    for note in made.notes:
        print(f"Note: {note}")
    return 0
