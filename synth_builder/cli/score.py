import argparse
import logging
import os
from pathlib import Path

from synth_builder.scoring.choices import ENCODER_METHODS, LOSS_NAMES, REGIMES
from synth_builder.scoring.processes import first_process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder score`."""
    parser.add_argument("release", metavar="RELEASE_OR_REPO", help="folder of a release, or owner/name on the Hub")
    parser.add_argument(
        "--variant", action="append", metavar="V", help="variant to score; may be repeated (default: all)"
    )
    parser.add_argument(
        "--test",
        metavar="REF",
        help="real test rows: owner/name:split or a local file (default: the recipe's real.test)",
    )
    parser.add_argument(
        "--real", metavar="REF", help="real training rows, in the same form (default: the recipe's real.train)"
    )
    parser.add_argument(
        "--regimes",
        type=_regimes,
        metavar="LIST",
        help=f"what to train on, separated by commas: {','.join(REGIMES)} (default: all that the data allow)",
    )
    parser.add_argument(
        "--real-rows",
        type=_counts,
        metavar="LIST",
        help="numbers of real training rows, for example 100,1000 (default: 100, or all if there are fewer); with "
        "several, it is told what each variant is worth in real rows",
    )
    parser.add_argument(
        "--synthetic-rows",
        type=_counts,
        metavar="LIST",
        help="train on so many of a variant's rows, too, for example 100,300: the points of a quantity curve",
    )
    parser.add_argument(
        "--classifier",
        default="minilm",
        metavar="minilm|HUB_ID|DIR|tfidf",
        help="encoder, or tfidf: word and character n-grams, which needs no torch (default: %(default)s)",
    )
    parser.add_argument(
        "--method",
        choices=ENCODER_METHODS,
        help="what is done with the encoder: fine_tuning; probe, a logistic regression on its embeddings; or setfit, "
        "which trains it on pairs of rows before (default: fine_tuning)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where embeddings and finished trainings are kept (default: a folder of the Hugging Face cache)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="train anew what was trained before with the same rows and settings"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a hyperparameter of the fine-tuning, for example epochs=6; may be repeated",
    )
    parser.add_argument("--loss", choices=LOSS_NAMES, default="cross_entropy", help="(default: %(default)s)")
    parser.add_argument(
        "--checker-rows",
        type=_count,
        metavar="N",
        help="real rows that the quality checker of imp and dimp learns from (default: 200, or all if there are "
        "fewer)",
    )
    parser.add_argument(
        "--seeds", type=_count, default=3, metavar="N", help="trainings per regime (default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the scores of all variants into one JSON file (default: scores/<variant>.json of a release's "
        "folder; those of other datasets, without a recipe.yaml or on the Hub, are only printed)",
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Score, and print the table.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: It can't be scored.
    """
    # Read when torch is first imported. Threads that wait for each other by spinning are several times slower as soon
    # as another program uses one of the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not first_process():
        logging.getLogger("synth_builder").setLevel(logging.ERROR)  # the first process says it
    from dataclasses import replace

    from synth_builder.cli.score_view import show
    from synth_builder.scoring.results.table import ScoreTable
    from synth_builder.verbs.score import score

    notes: list[str] = []
    scores = score(
        arguments.release,
        arguments.variant,
        test=arguments.test,
        real=arguments.real,
        regimes=arguments.regimes,
        real_rows=arguments.real_rows,
        synthetic_rows=arguments.synthetic_rows,
        classifier=arguments.classifier,
        loss=arguments.loss,
        checker_rows=arguments.checker_rows,
        seeds=arguments.seeds,
        method=arguments.method,
        hyperparameters=dict(arguments.set),
        cache=arguments.cache,
        fresh=arguments.fresh,
        out=arguments.out,
        on_note=notes.append,
    )
    if first_process():
        table = ScoreTable.of(list(scores.values()))
        show(replace(table, notes=(*table.notes, *notes)))
    return 0


def _regimes(text: str) -> list[str]:
    regimes = [regime.strip() for regime in text.split(",")]
    for regime in regimes:
        if regime not in REGIMES:
            raise argparse.ArgumentTypeError(f"unknown regime {regime!r}; known: {', '.join(REGIMES)}")
    return regimes


def _counts(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from error
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is too small; expected at least 1")
    return count


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no KEY=VALUE")
    return name.strip(), value.strip()
