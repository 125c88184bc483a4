import argparse
import importlib
import logging
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

from synth_builder import __version__
from synth_builder.errors import BudgetReachedError, SynthBuilderError

# Verb -> module and what it does. A module is imported when its verb is called, so that --help is quick.
VERBS = {
    "init": ("synth_builder.cli.init", "write a commented recipe, asked for step by step on a terminal"),
    "preview": ("synth_builder.cli.preview", "show prompts as they would be sent; with --sample, a few rows of them"),
    "build": ("synth_builder.cli.build", "generate the variants of a recipe into a release folder"),
    "inspect": ("synth_builder.cli.inspect", "show rows and rejections of a release, and where a row comes from"),
    "score": ("synth_builder.cli.score", "train classifiers on a release and test them on real rows"),
    "diversity": ("synth_builder.cli.diversity", "measure how varied rows are, and how near to real ones"),
    "label-quality": (
        "synth_builder.cli.label_quality",
        "find rows that are likely mislabelled, and what to do about it",
    ),
    "card": ("synth_builder.cli.card", "write the card of a release again, with pictures, and show it as a page"),
    "publish": ("synth_builder.cli.publish", "publish a release as a version of a dataset, on the Hub or in a folder"),
    "versions": ("synth_builder.cli.versions", "list the versions of a published dataset: rows, scores, what changed"),
    "diff": ("synth_builder.cli.diff", "compare two published versions, or a release with a published version"),
    "rebuild": ("synth_builder.cli.rebuild", "build a published dataset again from its recipe, and compare the rows"),
    "study": ("synth_builder.cli.study", "run a grid of recipes, variants, sizes and classifiers, and report on it"),
    "recipe-schema": ("synth_builder.cli.recipe_schema", "print the JSON Schema of a recipe, for editors"),
}

DONE, FAILED, USAGE, SHORT, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """
    The command `synth-builder`.

    Args:
        arguments (`Sequence[str]`, *optional*):
            Words of the command line; those of the process when not given.

    Returns:
        `int`: 0 done, 1 an error of ours, 2 wrong usage, 3 done but short of the asked rows, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in VERBS:
        return _without_verb(words)
    module = importlib.import_module(VERBS[words[0]][0])
    parser = argparse.ArgumentParser(
        prog=f"synth-builder {words[0]}",
        description=VERBS[words[0]][1][0].upper() + VERBS[words[0]][1][1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    parser.add_argument("--debug", action="store_true", help="show tracebacks and what goes on inside")
    parsed = parser.parse_args(words[1:])
    logging.basicConfig(
        level=logging.DEBUG if parsed.debug else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        return int(module.run(parsed))
    except BudgetReachedError as error:
        print(f"synth-builder: {error}", file=sys.stderr)
        return SHORT
    except SynthBuilderError as error:
        if parsed.debug:
            traceback.print_exc()
        print(f"synth-builder: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"\nsynth-builder: {_stopped(words[0], parsed)}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as `| head` does
        return FAILED
    finally:
        signal.signal(signal.SIGTERM, before)


def _without_verb(words: list[str]) -> int:
    width = max(len(verb) for verb in VERBS)
    listing = "\n".join(f"  {verb:<{width}}  {meaning}" for verb, (_, meaning) in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="synth-builder",
        usage="synth-builder VERB ...",
        description="Build, publish and score synthetic datasets for text classifiers.",
        epilog=f"verbs:\n{listing}\n\n`synth-builder VERB --help` tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", nargs="?", choices=list(VERBS), metavar="VERB", help="what to do; see below")
    parser.add_argument("--version", action="version", version=f"synth-builder {__version__}")
    parser.parse_args(words)
    parser.print_help()
    return USAGE


def _stopped(verb: str, parsed: argparse.Namespace) -> str:
    """What a user who stops a verb has of it, and how to go on."""
    if verb in ("build", "rebuild") or (verb == "preview" and parsed.sample is not None):
        again = "the same command without --fresh" if getattr(parsed, "fresh", False) else "the same command again"
        return f"stopped. What was answered so far is kept; run {again} to go on from there."
    if verb == "init":
        return "stopped. No recipe was written, and the answers so far are not kept."
    if verb == "score":
        if parsed.fresh:
            return (
                "stopped. With --fresh, trainings are lost but for the scores that are written already; run the same "
                "command again to train from the start."
            )
        return "stopped. Finished trainings are kept; run the same command again to go on from there."
    if verb == "study":
        return "stopped. Requests and trainings that were done are kept; run the same command again to go on."
    if verb == "publish":
        return "stopped. Run the same command again: it goes on where it stopped."
    return "stopped."


def _interrupted(number: int, frame: FrameType | None) -> None:
    # By way of Ctrl-C where that is listened to: asyncio then stops its tasks in order.
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(signal.SIGINT)
    else:
        raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
