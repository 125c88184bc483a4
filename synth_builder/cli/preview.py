import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.cli.budget_arguments import add_price_arguments, prices
from synth_builder.cli.engine_arguments import (
    CHECKER_ARGUMENTS,
    add_checker_arguments,
    add_engine_arguments,
    checker_choice,
    engine_name,
    engine_settings,
    positive,
)
from synth_builder.cli.recipe_arguments import add_recipe_arguments
from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible

if TYPE_CHECKING:
    from synth_builder.engines.base import Request
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.verbs.sample import Figures, Sample

# Flags that mean nothing while no model is asked.
ONLY_WITH_SAMPLE = (
    *("out", "engine", "endpoint", "model", "provider", "replies", "api_key_env", "concurrency"),
    *CHECKER_ARGUMENTS,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder preview`."""
    add_recipe_arguments(parser)
    parser.add_argument(
        "-n", type=positive, default=3, metavar="N", help="requests to show of each variant (default: 3)"
    )
    parser.add_argument(
        "--sample",
        type=positive,
        metavar="N",
        help="generate N rows of each variant to look at, and compare them with the last sample",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="with --sample: the release folder that keeps the answers for a later build (default: "
        "./releases/<recipe name>)",
    )
    add_engine_arguments(parser)
    add_checker_arguments(parser)
    add_price_arguments(parser)
    parser.epilog = (
        "Without --sample nothing is called. With it, the answers are kept: a build into the same folder\n"
        "does not ask for them again."
    )


def run(arguments: argparse.Namespace) -> int:
    """Print prompts and estimates, or a sample of rows."""
    from synth_builder.errors import RecipeError
    from synth_builder.recipes.recipe import Recipe

    escape_what_the_terminal_lacks()
    if arguments.sample is None:
        given = next((name for name in ONLY_WITH_SAMPLE if getattr(arguments, name)), None)
        if given is not None:
            raise RecipeError(
                f"--{given.replace('_', '-')} was given without --sample, and preview alone calls nothing; add "
                "--sample N to generate a few rows."
            )
    recipe = Recipe.load(arguments.recipe, arguments.set)
    if arguments.sample is None:
        _show_prompts(recipe, arguments)
    else:
        _show_samples(recipe, arguments)
    return 0


def _show_prompts(recipe: "Recipe", arguments: argparse.Namespace) -> None:
    from synth_builder.verbs.preview import preview

    price = prices(arguments)
    for name in arguments.variant or [None]:
        for found in preview(recipe, name, arguments.n):
            print(f"=== {found.name} ===")
            for request in found.first[:1]:
                print(f"--- before the first row ({len(found.first)} requests)")
                _print_request(request)
            for (slot, request), reply in zip(found.rows, found.replies, strict=True):
                print(
                    f"--- {slot.split} row {slot.index}, label {slot.label or '(the model chooses)'}, seed "
                    f"{request.seed}"
                )
                if reply is None:
                    _print_request(request)
                else:
                    print(f"[no model is asked]\n{reply}")
            print(
                f"--- at least {found.requests} requests, about {found.prompt_tokens} tokens of prompts (4 "
                "characters a token), "
                f"at most {found.completion_tokens} tokens of replies; rejected replies are asked for again"
            )
            if price:
                most = price.cost(found.prompt_tokens, found.completion_tokens)
                print(f"--- a cost of about {most:,.4f} at most, before rejections")
            print()


def _print_request(request: "Request") -> None:
    if request.prompt is not None:
        print(f"[to be continued]\n{request.prompt}")
    for message in request.messages:
        print(f"[{message.role}]\n{message.content}")


def _show_samples(recipe: "Recipe", arguments: argparse.Namespace) -> None:
    from synth_builder.generation.setup import asks_a_model
    from synth_builder.releases.folder import ReleaseFolder
    from synth_builder.verbs.build import default_out
    from synth_builder.verbs.sample import sample

    names = list(dict.fromkeys(arguments.variant)) or list(recipe.variants)
    for name in names:
        recipe.variant(name)
    release = ReleaseFolder(Path(arguments.out) if arguments.out else default_out(recipe))
    checker = checker_choice(arguments)
    asked = [asks_a_model(recipe.variant(name), has_checker=checker is not None) for name in names]
    engine = engine_name(arguments, is_asked=any(asked))
    found = sample(recipe, names, release, engine, engine_settings(arguments), arguments.sample, checker=checker)
    for one in found:
        print("\n".join(_sample_lines(one, list(recipe.task.columns), recipe.task.label_column)))
    print(f"\nNothing is released. The answers are kept in {release.path}: a build there does not ask for them again.")


def _sample_lines(one: "Sample", columns: list[str], label_column: str) -> Iterator[str]:
    from synth_builder.verbs.sample import NO_LABEL, agreement_of

    models = one.figures.model + (f", checked by {one.figures.checker}" if one.figures.checker is not None else "")
    yield f"\n=== {one.name}: {one.figures.accepted} of {one.figures.asked} rows stay ({models}) ==="
    for row in one.rows:
        agreement = agreement_of(row)
        checked = "" if agreement is None else f"  (agreement {agreement:.2f})"
        yield f"{row['id']}  {visible(row[label_column])}{checked}"
        yield from (f"    {visible(column)}: {visible(row[column])}" for column in columns)
    if one.rejections:
        yield "--- not used"
    for found in one.rejections:
        label = visible(found["label"] or NO_LABEL)
        yield f"{found['split']}-{found['slot']}  {label}  {found['reason']}: {visible(found['detail'])}"
        if found["raw"] is not None:
            yield f"    raw reply: {visible(found['raw'])}"
    yield from _figure_lines(one.figures, one.last)


def _figure_lines(now: "Figures", last: "Figures | None") -> Iterator[str]:
    """The figures of a sample beside those of the last one."""
    both = [now] if last is None else [now, last]
    labels = list(dict.fromkeys(label for figures in both for label in figures.by_label))
    reasons = list(dict.fromkeys(reason for figures in both for reason in figures.rejected))
    one, other = _cells(now, labels, reasons), _cells(last or now, labels, reasons)
    names = [name for name in one if (one[name], other[name]) != ("-", "-")]
    widest = max(len(name) for name in names)
    if last is None:
        yield f"--- {'figures':<{widest}}  {'this':>12}"
    else:
        yield f"--- {'figures':<{widest}}  {'this':>12}  {'last':>12}"
    for name in names:
        yield f"    {name:<{widest}}  {one[name]:>12}" + (f"  {other[name]:>12}" if last is not None else "")
    if last is not None:
        prompts = "other prompts" if last.prompt != now.prompt else "the same prompts"
        yield f"    The last sample was taken at {last.date} from {visible(last.model)}, with {prompts}."


def _cells(figures: "Figures", labels: list[str], reasons: list[str]) -> dict[str, str]:
    """Name -> figure, as it stands in the table; `-` where there is none."""
    tokens = figures.prompt_tokens + figures.completion_tokens
    cells = {
        "rows asked": f"{figures.asked}",
        "accepted": f"{figures.accepted / figures.asked:.0%}" if figures.asked else "-",
    }
    for label in labels:
        found = figures.by_label.get(label)
        cells[f"  {visible(label)}"] = f"{found[0]} of {found[1]}" if found is not None else "-"
    for reason in reasons:
        cells[f"not used: {reason}"] = f"{figures.rejected.get(reason, 0)}"
    cells["tokens"] = f"{tokens:,}"
    cells["tokens per accepted row"] = f"{tokens / figures.accepted:,.0f}" if figures.accepted else "-"
    cells["tokens of the checker"] = f"{figures.checker_tokens:,}" if figures.checker_tokens is not None else "-"
    confirmed = figures.confirmed
    cells["label check: passed"] = f"{confirmed[0]} of {confirmed[1]}" if confirmed is not None else "-"
    cells["label check: agreement"] = _number(figures.agreement)
    cells["distinct-2"] = _number(figures.distinct_2)
    cells["overlap of words"] = _number(figures.overlap)
    cells["words per row"] = _number(figures.words)
    return cells


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
