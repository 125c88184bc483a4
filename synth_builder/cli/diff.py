import argparse
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible

if TYPE_CHECKING:
    from synth_builder.publishing.difference import Difference, SplitDifference, VariantDifference
    from synth_builder.scoring.statistics.paired_scores import PairedScores

LONGEST = 60
"""Letters of a setting that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder diff`."""
    parser.add_argument("first", metavar="REPO|RELEASE", help="owner/name on the Hub, or the folder of a release")
    parser.add_argument(
        "second",
        metavar="VERSION|REPO[@VERSION]",
        help="the earlier version; for a release folder, what it is compared with (default: its last version)",
    )
    parser.add_argument("third", nargs="?", metavar="VERSION", help="the later version, where two are compared")
    parser.add_argument("--json", action="store_true", help="print it for machines")
    parser.epilog = (
        "Examples:\n  synth-builder diff owner/name v1.0.0 v1.1.0\n  synth-builder diff releases/films owner/name"
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Compare, and print what is different.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: They can't be compared.
    """
    from synth_builder.verbs.diff import diff

    escape_what_the_terminal_lacks()
    found = diff(arguments.first, arguments.second, arguments.third)
    if arguments.json:
        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return 0
    print("\n".join(_lines(found)))
    return 0


def _lines(found: "Difference") -> Iterator[str]:
    yield f"{visible(found.before)} -> {visible(found.after)}"
    if found.problem:
        yield f"It can't be published as the next version: {visible(found.problem)}"
    elif found.verdict is None:
        yield "Nothing is different that makes a version."
    else:
        yield f"By the rule for versions: {found.verdict}"
        yield from (f"  - {visible(line)}" for line in found.changes)
    for name in found.added:
        yield f"\n{visible(name)}: a new variant"
    for name in found.gone:
        yield f"\n{visible(name)}: is gone"
    for name, variant in found.variants.items():
        yield f"\n{visible(name)}"
        yield from (f"  {line}" for line in _variant(variant))


def _variant(variant: "VariantDifference") -> Iterator[str]:
    for split, told in variant.splits.items():
        yield from _split(split, told)
    for setting, before, after in variant.making:
        yield f"{setting}: {_shown(before)} -> {_shown(after)}"
    if not variant.making:
        yield "made in the same way, by the same model"
    if variant.scores is not None:
        yield from _scores(variant.scores)


def _split(split: str, told: "SplitDifference") -> Iterator[str]:
    if told.same:
        yield f"{split}: the same {told.rows_after:,} rows"
        return
    yield (
        f"{split}: {told.rows_before:,} -> {told.rows_after:,} rows: {told.stayed:,} stayed, {told.new:,} new, "
        f"{told.gone:,} gone"
    )
    yield f"  labels: {_labels(told.labels_before)} -> {_labels(told.labels_after)}"
    if told.diversity_before and told.diversity_after:
        yield f"  diversity, of {told.diversity_before.rows:,} rows each: " + ", ".join(
            f"{words} {_number(getattr(told.diversity_before, name), digits)} -> "
            f"{_number(getattr(told.diversity_after, name), digits)}"
            for name, words, digits in _MEASURES
        )


_MEASURES = (("distinct_2", "distinct-2", 3), ("mean_overlap", "mean overlap", 3), ("mean_words", "mean words", 1))


def _scores(scores: "PairedScores") -> Iterator[str]:
    for regime in scores.regimes:
        found = regime.comparison
        yield (
            f"scores, {regime.title}: {found.verdict}. Accuracy {found.baseline:.3f} -> {found.candidate:.3f} on "
            f"{found.rows:,} test rows: {found.interval.difference:+.3f}, 95 % interval {found.interval.low:+.3f} to "
            f"{found.interval.high:+.3f}"
        )
        yield f"  {found.basis}"
        yield (
            f"  right only before: {found.mcnemar.only_baseline:,} rows; right only after: "
            f"{found.mcnemar.only_candidate:,} rows (majority of the seeds)"
        )
    yield from (visible(sentence) for sentence in scores.untested)


def _labels(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{visible(label)} {count:,}" for label, count in counts.items()) or "none"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _shown(value: Any) -> str:
    text = "-" if value is None else visible(value if isinstance(value, str) else json.dumps(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
