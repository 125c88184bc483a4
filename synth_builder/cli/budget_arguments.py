import argparse

from synth_builder.cli.engine_arguments import positive
from synth_builder.errors import RecipeError
from synth_builder.generation.budget import Budget, Prices


def add_budget_arguments(parser: argparse.ArgumentParser) -> None:
    """What a build may use, and what that costs."""
    parser.add_argument(
        "--max-tokens-total", type=positive, metavar="N", help="stop each variant when so many tokens were used"
    )
    parser.add_argument("--max-cost", type=_price, metavar="X", help="stop each variant when so much was spent")
    add_price_arguments(parser)


def add_price_arguments(parser: argparse.ArgumentParser) -> None:
    """What tokens cost."""
    for part, meaning in (("prompt", "prompts"), ("completion", "replies")):
        parser.add_argument(
            f"--price-{part}", type=_price, default=0.0, metavar="X", help=f"price of a million tokens of {meaning}"
        )


def prices(arguments: argparse.Namespace) -> Prices:
    """The prices that the user gave."""
    return Prices(arguments.price_prompt, arguments.price_completion)


def budget(arguments: argparse.Namespace) -> Budget:
    """
    The budget that the user gave.

    Raises:
        RecipeError: A cost without a price of anything.
    """
    if arguments.max_cost is not None and not prices(arguments):
        raise RecipeError(
            "--max-cost needs to know what tokens cost: give --price-prompt and --price-completion, each for a "
            "million tokens."
        )
    return Budget(arguments.max_tokens_total, arguments.max_cost, prices(arguments))


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no price: a number of at least 0")
    return value
