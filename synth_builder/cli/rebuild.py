import argparse
import sys
from typing import TYPE_CHECKING

from synth_builder.cli.budget_arguments import add_budget_arguments, budget
from synth_builder.cli.engine_arguments import add_engine_arguments, engine_name, engine_settings
from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible

if TYPE_CHECKING:
    from synth_builder.publishing.rebuilt import RebuiltVariant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder rebuild`."""
    parser.add_argument(
        "repo", metavar="REPO[@VERSION]", help="owner/name on the Hub, or owner/name@v1.0.0 (default: last version)"
    )
    parser.add_argument(
        "--variant", action="append", metavar="V", help="variant to build; may be repeated (default: all)"
    )
    parser.add_argument("--out", metavar="DIR", help="the release folder (default: ./releases/<recipe name>-rebuilt)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a value over the recipe's: real.train=PATH for real data in unpublished files; may be repeated",
    )
    parser.add_argument("--new-draw", action="store_true", help="draw new rows, with another seed")
    parser.add_argument("--seed", type=_seed, metavar="N", help="seed of a new draw (default: the next number)")
    add_engine_arguments(parser)
    add_budget_arguments(parser)
    parser.add_argument("--fresh", action="store_true", help="forget what was built and answered in DIR before")
    parser.epilog = (
        "Nothing of the repository is executed. Exit codes: 0 done, whether or not the rows are the published ones,\n"
        "1 error, 2 wrong usage, 3 done but short of the published rows, 130 interrupted."
    )


def run(arguments: argparse.Namespace) -> int:
    """Build again, and print whether the rows are the published ones."""
    from synth_builder.cli.main import DONE, SHORT
    from synth_builder.generation.setup import asks_a_model
    from synth_builder.publishing.published import open_published, read_address
    from synth_builder.publishing.rebuild_recipe import published_variants
    from synth_builder.verbs.rebuild import rebuild_published

    allowed = budget(arguments)
    published = open_published(*read_address(arguments.repo))
    names = published_variants(published, arguments.variant)
    asking = any(asks_a_model(published.state.recipe.variant(name, check_files=False)) for name in names)
    done = rebuild_published(
        published,
        names,
        engine_name(arguments, is_asked=asking),
        engine_settings(arguments),
        out=arguments.out,
        overrides=arguments.set,
        new_draw=arguments.new_draw,
        seed=arguments.seed,
        fresh=arguments.fresh,
        budget=allowed,
    )
    escape_what_the_terminal_lacks()
    for variant in done.variants:
        print("\n".join(_lines(variant, done.published)))
    print(f"\nRelease: {done.release}")
    print(f'Load it: datasets.load_dataset("{done.release}", "{names[0]}")')
    short = [variant for variant in done.variants if variant.missing and not variant.same]
    if short:
        print(
            f"\nShort by {sum(variant.missing for variant in short)} rows: the draws are used up. Look at "
            f"{done.release / 'rejections'} for the reasons.",
            file=sys.stderr,
        )
        return SHORT
    return DONE


def _lines(variant: "RebuiltVariant", published: str) -> list[str]:
    if variant.same:
        return [f"{visible(variant.name)}: the same {variant.rows:,} rows as {published}"]
    reasons = [f"  - {visible(reason)}" for reason in variant.reasons]
    if variant.same_texts:
        return [f"{visible(variant.name)}: the same texts and labels as {published}, by other requests", *reasons]
    return [
        f"{visible(variant.name)}: other rows than {published}; {variant.equal:,} of its {variant.published_rows:,} "
        f"are among the {variant.rows:,} here",
        *reasons,
    ]


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 0")
    return int(text)
