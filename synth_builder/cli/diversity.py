import argparse
import os
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder diversity`."""
    parser.add_argument("release", metavar="RELEASE_OR_REPO", help="folder of a release, or owner/name on the Hub")
    parser.add_argument(
        "--variant", action="append", metavar="V", help="variant to measure; may be repeated (default: all)"
    )
    parser.add_argument(
        "--real",
        metavar="REF",
        help="real rows to compare with: owner/name:split or a local file (default: the recipe's real.train)",
    )
    parser.add_argument(
        "--encoder",
        default="minilm",
        metavar="minilm|HUB_ID|DIR",
        help="encoder that embeddings come from (default: %(default)s)",
    )
    parser.add_argument(
        "--no-embeddings",
        action="store_true",
        help="only the measures of wording, which need no model and take seconds",
    )
    parser.add_argument(
        "--rows",
        type=int,
        default=10_000,
        metavar="N",
        help="rows of each side that are looked at, at most (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which rows are drawn (default: %(default)s)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the measures of all variants to one JSON file (default: diversity/<variant>.json of the release)",
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Measure, and print the table.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: It can't be measured.
    """
    # Read when torch is first imported; see `synth-builder score`.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from synth_builder.scoring.diversity.table import diversity_table
    from synth_builder.verbs.diversity import diversity

    found = diversity(
        arguments.release,
        arguments.variant,
        real=arguments.real,
        encoder=None if arguments.no_embeddings else arguments.encoder,
        rows=arguments.rows,
        seed=arguments.seed,
        out=arguments.out,
    )
    print(diversity_table(list(found.values())))
    return 0
