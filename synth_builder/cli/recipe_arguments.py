import argparse


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """What every verb that reads a recipe takes."""
    parser.add_argument("recipe", metavar="RECIPE", help="a recipe file (YAML)")
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="V",
        help="a variant of the recipe; may be repeated (default: all)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a value over the recipe's, for example generation.rows.train=200; may be repeated",
    )
