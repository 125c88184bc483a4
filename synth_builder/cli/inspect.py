import argparse
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, padded, visible, width

if TYPE_CHECKING:
    from synth_builder.engines.base import Request
    from synth_builder.verbs.inspect import InspectedRejection
    from synth_builder.verbs.trace import Origin

PROMPT_TITLES = {
    True: "--- the prompt as sent",
    False: "--- a prompt made now, NOT the one that was sent",
    None: "--- a prompt made now, perhaps the one that was sent",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder inspect`."""
    parser.add_argument("release", metavar="RELEASE", help="a release folder")
    parser.add_argument("--variant", metavar="V", help="only this variant (default: all)")
    parser.add_argument("--split", metavar="S", help="only this split (default: all)")
    parser.add_argument("--label", metavar="L", help="only this label (default: all)")
    parser.add_argument(
        "--limit", type=_limit, default=10, metavar="N", help="rows or rejections to show (default: %(default)s)"
    )
    parser.add_argument("--rejected", action="store_true", help="show what was rejected, with reasons and raw replies")
    parser.add_argument("--reason", metavar="R", help="only rejections of this reason, for example duplicate")
    parser.add_argument(
        "--id", metavar="ROW_ID", help="one row, for example train-0, back to its prompt and the raw reply"
    )
    parser.epilog = (
        "Asks no model. The raw reply of a row is in the journal of the build, which stays in the folder\n"
        ".synth-builder on the machine of the build; what is missing is said."
    )


def run(arguments: argparse.Namespace) -> int:
    """Print rows, rejections, or where a row comes from."""
    from synth_builder.errors import RecipeError
    from synth_builder.verbs.inspect import inspect_rejections, inspect_rows
    from synth_builder.verbs.trace import trace_row

    escape_what_the_terminal_lacks()
    if arguments.id is not None:
        for name in ("rejected", "reason", "split", "label"):
            if getattr(arguments, name):
                raise RecipeError(f"--id shows one row, --{name} chooses among many; leave one of them out.")
        for origin in trace_row(arguments.release, arguments.id, arguments.variant):
            _print_origin(origin)
        return 0
    where = (arguments.release, arguments.variant, arguments.split, arguments.label)
    if arguments.rejected or arguments.reason is not None:
        _print_some(
            (_rejection_lines(found) for found in inspect_rejections(*where, arguments.reason)),
            arguments.limit,
            "rejections",
        )
    else:
        rows = inspect_rows(*where)
        _print_some(
            ([f"{row.variant} {row.id}  {visible(row.label)}", *_columns(row.columns)] for row in rows),
            arguments.limit,
            "rows",
        )
    return 0


def _print_some(found: Iterable[list[str]], limit: int, kind: str) -> None:
    iterator = iter(found)
    shown = 0
    for lines in islice(iterator, limit):
        print("\n".join(lines))
        shown += 1
    if next(iterator, None) is not None:
        print(f"... the first {shown}; --limit shows more")
    elif not shown:
        print(f"no {kind}")


def _rejection_lines(found: "InspectedRejection") -> list[str]:
    label = visible(found.label) if found.label is not None else "(no label)"
    lines = [
        f"{found.variant} {found.split}-{found.slot} draw {found.draw}  {label}  {found.reason}: "
        f"{visible(found.detail)}"
    ]
    lines += _columns(found.columns or {})
    if found.raw is not None:
        lines.append(f"    raw reply: {visible(found.raw)}")
    return lines


def _columns(columns: dict[str, str]) -> list[str]:
    widest = max((width(column) for column in columns), default=0)
    return [f"    {padded(visible(column), widest)}: {visible(text)}" for column, text in columns.items()]


def _print_origin(origin: "Origin") -> None:
    row, told = origin.row, origin.row.provenance
    print(f"=== {row.variant} {row.id}, label {visible(row.label)} ===")
    print("\n".join(_columns(row.columns)))
    print("--- where it comes from")
    facts: dict[str, Any] = {
        "strategy": told["strategy"],
        "prompt template": told["prompt"],
        "topic": told["topic"],
        "real rows shown": ", ".join(told["demonstrations"] or []) or None,
        "model": origin.engine["model"],
        "engine": origin.engine["engine"],
        "request": told["request"],
        "seed": told["seed"],
        "draw": told["draw"],
    }
    for name, value in facts.items():
        if value is not None:
            print(f"    {name:<16}: {visible(str(value))}")
    if origin.prompt is not None:
        print(PROMPT_TITLES[origin.prompt_is_the_one])
        _print_prompt(origin.prompt)
    if origin.reply is not None:
        print(f"--- the raw reply ({origin.reply.finish_reason})")
        print(visible(origin.reply.text, lines=True))
    for found in origin.earlier:
        print(f"--- not used before: draw {found.draw}, {found.reason}: {visible(found.detail)}")
        if found.raw is not None:
            print(visible(found.raw, lines=True))
    for note in origin.notes:
        print(f"--- note: {visible(note)}")


def _print_prompt(request: "Request") -> None:
    if request.prompt is not None:
        print(f"[to be continued]\n{visible(request.prompt, lines=True)}")
    for message in request.messages:
        print(f"[{message.role}]\n{visible(message.content, lines=True)}")


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)
