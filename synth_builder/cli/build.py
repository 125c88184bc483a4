import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth_builder.cli.recipe_arguments import add_recipe_arguments
from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible
from synth_builder.registry import ENGINES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder build`."""
    add_recipe_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="the release folder (default: ./releases/<recipe name>)")
    parser.add_argument(
        "--engine",
        choices=ENGINES.names(),
        help="who writes the rows (default: tgi with an --endpoint, otherwise a small model in this process)",
    )
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="URL", help="where the server listens; may be repeated"
    )
    parser.add_argument("--model", metavar="M", help="model id or local directory, where the engine lets one choose")
    parser.add_argument("--provider", metavar="P", help="provider, for --engine inference_providers")
    parser.add_argument("--replies", metavar="FILE", help="file of replies, for --engine scripted")
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="environment variable that holds the endpoint's key; no other token is sent",
    )
    parser.add_argument("--concurrency", type=_positive, metavar="N", help="requests under way at once")
    parser.add_argument(
        "--timeout", type=float, default=300.0, metavar="SECONDS", help="how long one request may take (default: 300)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what was built and answered before")
    parser.epilog = (
        "Building again continues where it stopped; a finished build asks nothing. "
        "Exit codes: 0 done, 1 error, 2 wrong usage,\n3 done but short of the asked rows, 130 interrupted."
    )


def run(arguments: argparse.Namespace) -> int:
    """Build, and print what it came to."""
    from synth_builder.cli.main import DONE, SHORT
    from synth_builder.engines.base import EngineSettings
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.releases.folder import ReleaseFolder
    from synth_builder.verbs.build import build_variants, default_out

    recipe = Recipe.load(arguments.recipe, arguments.set)
    names = list(dict.fromkeys(arguments.variant)) or list(recipe.variants)
    for name in names:
        recipe.variant(name)
    engine = arguments.engine or ("tgi" if arguments.endpoint else "embedded")
    if arguments.engine is None and not arguments.endpoint:
        print(
            "No --endpoint and no --engine: a small model answers in this process (--engine embedded).",
            file=sys.stderr,
        )
    settings = EngineSettings(
        endpoints=tuple(arguments.endpoint),
        model=arguments.model,
        api_key_env=arguments.api_key_env,
        concurrency=arguments.concurrency,
        timeout=arguments.timeout,
        replies=arguments.replies,
        provider=arguments.provider,
    )
    release = ReleaseFolder(Path(arguments.out) if arguments.out else default_out(recipe))
    built = build_variants(recipe, names, release, engine, settings, fresh=arguments.fresh)
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


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)
