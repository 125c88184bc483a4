import argparse
import json
from typing import TYPE_CHECKING

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible

if TYPE_CHECKING:
    from synth_builder.publishing.history import VersionEntry
    from synth_builder.scoring.results.regime_scores import Spread


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder versions`."""
    parser.add_argument("repo", metavar="REPO", help="owner/name of a dataset on the Hub")
    parser.add_argument("--json", action="store_true", help="print it for machines")


def run(arguments: argparse.Namespace) -> int:
    """
    List the versions, the newest first.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: They can't be listed.
    """
    from synth_builder.verbs.versions import versions

    escape_what_the_terminal_lacks()
    found = versions(arguments.repo)
    if arguments.json:
        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return 0
    count = len(found.versions)
    print(f"{found.name}: {count or 'no'} version{'' if count == 1 else 's'}{'' if count else ' yet'}  ({found.link})")
    for entry in found.versions:
        print("\n" + "\n".join(_lines(entry)))
    return 0


def _lines(entry: "VersionEntry") -> list[str]:
    lines = [f"{entry.version.tag}  ({entry.day.isoformat() if entry.day else 'the changelog tells no date'})"]
    width = max(map(len, entry.rows), default=0)
    for name, rows in entry.rows.items():
        counts = ", ".join(f"{split} {count:,}" for split, count in rows.items())
        lines.append(f"  {visible(name):<{width}}  rows: {counts}")
        for result in entry.scores[name].results if name in entry.scores else ():
            if result.regime != "real":  # says nothing of the variant
                lines.append(
                    f"  {'':<{width}}  {result.title}: accuracy {_spread(result.accuracy)}, "
                    f"macro-F1 {_spread(result.macro_f1)}"
                )
    if entry.problem:
        lines.append(f"  can't be read: {visible(entry.problem)}")
    if entry.changes:
        lines.append("  what changed (compared; the changelog is silent):" if entry.changes_computed else "  changes:")
        lines += [f"    {line}" for line in visible(entry.changes, lines=True).splitlines()]
    return lines


def _spread(spread: "Spread") -> str:
    return f"{spread.mean:.3f}" if spread.std is None else f"{spread.mean:.3f} ± {spread.std:.3f}"
