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
    for part, meaning in (("prompt", "prompts"), ("completion", "replies")):
        parser.add_argument(
            f"--checker-price-{part}",
            type=_price,
            metavar="X",
            help=f"price of a million tokens of the checker's {meaning}",
        )


def add_price_arguments(parser: argparse.ArgumentParser) -> None:
    """What tokens cost."""
    for part, meaning in (("prompt", "prompts"), ("completion", "replies")):
        parser.add_argument(
            f"--price-{part}", type=_price, default=0.0, metavar="X", help=f"price of a million tokens of {meaning}"
        )


def prices(arguments: argparse.Namespace) -> Prices:
    """The prices that the user gave."""
    return Prices(arguments.price_prompt, arguments.price_completion)


def budget(arguments: argparse.Namespace, *, has_checker: bool = False) -> Budget:
    """
    The budget that the user gave.

    Args:
        arguments (`argparse.Namespace`):
            What was given.
        has_checker (`bool`, defaults to `False`):
            Whether another model is asked about the rows.

    Raises:
        RecipeError: A cost without a price of anything, or prices of one of two models.
    """
    given = (arguments.checker_price_prompt, arguments.checker_price_completion)
    checker_priced = given != (None, None)
    if checker_priced and not has_checker:
        raise RecipeError(
            "A price of the checker was given, and no checker; name it with --checker-endpoint or --checker-engine, "
            "or leave the price out."
        )
    allowed = Budget(
        arguments.max_tokens_total,
        arguments.max_cost,
        prices(arguments),
        Prices(*(price or 0.0 for price in given)),
    )
    if arguments.max_cost is not None and not allowed.priced:
        raise RecipeError(
            "--max-cost needs to know what tokens cost: give --price-prompt and --price-completion, each for a "
            "million tokens."
        )
    if allowed.prices and has_checker and not checker_priced:
        raise RecipeError(
            "The prices are those of the model that writes, and a checker is asked, too: give --checker-price-prompt "
            "and --checker-price-completion, 0 where it costs nothing."
        )
    return allowed


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no price: a number of at least 0")
    return value
