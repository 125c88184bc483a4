import argparse
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.cli.budget_arguments import add_budget_arguments, budget
from synth_builder.cli.engine_arguments import (
    add_checker_arguments,
    add_engine_arguments,
    checker_choice,
    engine_name,
    engine_settings,
    positive,
)
from synth_builder.cli.ray_arguments import add_ray_arguments, add_storage_argument, check_ray_arguments, spread
from synth_builder.cli.recipe_arguments import add_recipe_arguments
from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible
from synth_builder.errors import RecipeError

if TYPE_CHECKING:
    from synth_builder.verbs.pilot import Pilot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder build`."""
    add_recipe_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="the release folder (default: ./releases/<recipe name>)")
    add_engine_arguments(parser)
    add_checker_arguments(parser)
    add_budget_arguments(parser)
    parser.add_argument(
        "--pilot",
        type=positive,
        metavar="N",
        help="send the first N requests for rows alone, and tell what the whole build will take",
    )
    add_ray_arguments(parser)
    add_storage_argument(parser)
    parser.add_argument("--fresh", action="store_true", help="forget what was built and answered before")
    parser.epilog = (
        "Building again continues where it stopped; a finished build asks nothing. "
        "Exit codes: 0 done, 1 error, 2 wrong usage,\n3 done but short of the asked rows, 130 interrupted."
    )


def run(arguments: argparse.Namespace) -> int:
    """Build, and print what it came to."""
    from synth_builder.cli.main import DONE, SHORT
    from synth_builder.generation.setup import asks_a_model
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.releases.folder import ReleaseFolder
    from synth_builder.verbs.build import are_finished, build_variants, default_out
    from synth_builder.verbs.pilot import pilot

    recipe = Recipe.load(arguments.recipe, arguments.set)
    names = list(dict.fromkeys(arguments.variant)) or list(recipe.variants)
    for name in names:
        recipe.variant(name)
    checker = checker_choice(arguments)
    asked = [asks_a_model(recipe.variant(name), has_checker=checker is not None) for name in names]
    engine = engine_name(arguments, is_asked=any(asked))
    settings = engine_settings(arguments)
    allowed = budget(arguments, has_checker=checker is not None)
    release = ReleaseFolder(Path(arguments.out) if arguments.out else default_out(recipe))
    if arguments.pilot and arguments.fresh:
        raise RecipeError("--pilot releases nothing and forgets nothing; give --fresh with the build that follows.")
    if arguments.pilot and arguments.ray:
        raise RecipeError("--pilot sends a few requests from this process; leave out --ray.")
    check_ray_arguments(arguments)
    if arguments.pilot:
        for told in pilot(recipe, names, release, engine, settings, arguments.pilot, checker=checker, budget=allowed):
            print(_pilot_lines(told))
        print("\nNothing is released yet. What was answered is kept: build without --pilot to go on from there.")
        return DONE
    # A cluster takes seconds to start, and is not needed where nothing is left to be done.
    needed = arguments.ray is None or arguments.fresh
    needed = needed or not are_finished(recipe, names, release, engine, settings, checker)
    with spread(arguments) if needed else nullcontext() as over:
        built = build_variants(
            recipe,
            names,
            release,
            engine,
            settings,
            checker=checker,
            fresh=arguments.fresh,
            budget=allowed,
            spread=over,
        )
    missing = 0
    escape_what_the_terminal_lacks()
    for variant in built:
        missing += variant.missing
        print(_summary(variant))
        for warning in _warnings(variant):
            print(warning, file=sys.stderr)
    print(f"\nRelease: {release.path}  (card: {release.card})")
    print(f'Load it: datasets.load_dataset("{release.path}", "{names[0]}")')
    if missing:
        print(
            f"\nShort by {missing} rows: the draws are used up. Look at {release.path / 'rejections'} for the "
            "reasons; better "
            "prompts, milder filters or a larger generation.max_draws help.",
            file=sys.stderr,
        )
        return SHORT
    return DONE


def _pilot_lines(told: "Pilot") -> str:
    """What a pilot found out, as lines for a terminal."""
    lines = [f"\n{told.name}: {told.asked} rows asked, {told.accepted} accepted ({told.acceptance:.0%})"]
    for label, (accepted, asked) in told.by_label.items():
        lines.append(f"  {visible(label):<20}{accepted:>5} of {asked}")
    rejected = ", ".join(f"{reason} {count}" for reason, count in told.rejected.items())
    lines.append(f"  rejected: {rejected or 'none'}")
    if told.acceptance == 0:
        lines.append("  No row was accepted, so nothing can be told of the whole: look at the prompts first.")
        return "\n".join(lines)
    lines.append(
        f"  the whole, {told.rows:,} rows: about {told.requests:,.0f} requests, {told.tokens:,.0f} tokens"
        + (f", a cost of {told.cost:,.4f}" if told.cost is not None else "")
        + (f", {_duration(told.seconds)}" if told.seconds is not None else "")
    )
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _summary(variant: Any) -> str:
    """The ledger of one variant, as lines for a terminal."""
    tally = variant.provenance["tally"]
    engine = variant.provenance["engine"]
    if variant.finished_before:
        state = "was finished before, nothing was asked"
    else:
        state = f"{variant.asked_now} requests in {variant.seconds:.1f} s"
    lines = [f"\n{variant.name}: {state} ({engine['engine']}, {engine['model']})"]
    for split, counts in tally["accepted"].items():
        labels = ", ".join(f"{label} {count}" for label, count in counts.items())
        lines.append(f"  {split:<12}{sum(counts.values()):>7}  {labels}")
    for split, labels in tally["short"].items():
        lines.append(
            f"  {split + ' short':<12}{sum(labels.values()):>7}  {', '.join(f'{k} {v}' for k, v in labels.items())}"
        )
    rejected = tally["rejected"]
    lines.append(
        f"  {'rejected':<12}{sum(rejected.values()):>7}  "
        f"{', '.join(f'{k} {v}' for k, v in rejected.items()) or 'none'}"
    )
    if tally["failed"]:
        lines.append(f"  {'failed':<12}{tally['failed']:>7}")
    for entry in variant.provenance.get("filters", []):
        if entry["rejected"]:
            lines.append(
                f"    {entry['name']:<21}{entry['rejected']:>5}  {entry['share']:.1%} of {entry['reached']} that "
                "reached it"
            )
    lines.append(f"  {'asked':<12}{tally['asked']:>7}  = accepted + rejected + failed")
    tokens = tally["prompt_tokens"] + tally["completion_tokens"]
    lines.append(
        f"  {'tokens':<12}{tokens:>7}  {tally['prompt_tokens']} in prompts, {tally['completion_tokens']} in replies"
    )
    if checker := variant.provenance.get("checker"):
        prompt, completion = tally["checker_prompt_tokens"], tally["checker_completion_tokens"]
        lines.append(
            f"  {'checker':<12}{prompt + completion:>7}  {prompt} in prompts, {completion} in replies "
            f"({checker['engine']}, {checker['model']}, {tally['check_requests']} requests)"
        )
    if cost := variant.provenance.get("cost"):
        lines.append(f"  {'cost':<12}{cost['total']:>7.4f}")
    return "\n".join(lines)


def _warnings(variant: Any) -> Iterator[str]:
    """Filters that rejected more than half of what reached them, each with a few of the rows."""
    from synth_builder.generation.filter_report import rejects_most

    for entry in variant.provenance.get("filters", []):
        if not rejects_most(entry):
            continue
        yield (
            f"WARNING: in {variant.name} the filter {entry['name']} rejected {entry['share']:.0%} of the rows that "
            f"reached it ({entry['rejected']} of {entry['reached']}). Are the prompt and the filter's options right? "
            "For example:"
        )
        for example in entry["examples"]:
            text = "" if example["text"] is None else f": {visible(example['text'])}"
            yield f"  - {visible(example['detail'])}{text}"
