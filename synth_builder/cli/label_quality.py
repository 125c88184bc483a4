import argparse
import os
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder label-quality`."""
    parser.add_argument("release", metavar="RELEASE_OR_REPO", help="folder of a release, or owner/name on the Hub")
    parser.add_argument(
        "--variant", action="append", metavar="V", help="variant to judge; may be repeated (default: all)"
    )
    parser.add_argument(
        "--real",
        metavar="REF",
        help="real training rows: owner/name:split or a local file (default: the recipe's real.train)",
    )
    parser.add_argument(
        "--test", metavar="REF", help="real test rows, in the same form (default: the recipe's real.test)"
    )
    parser.add_argument(
        "--classifier",
        default="minilm",
        metavar="minilm|HUB_ID|DIR|tfidf",
        help="encoder whose embeddings are read, or tfidf: word and character n-grams, which needs no torch "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="where embeddings are kept (default: in the Hugging Face cache)"
    )
    parser.add_argument(
        "--top", type=int, default=20, metavar="N", help="rows to list, at most (default: %(default)s)"
    )
    parser.add_argument(
        "--write-clean",
        type=Path,
        metavar="FILE",
        help="write the rows of one variant that are not likely mislabelled to a parquet file",
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of the report, with whole texts")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write what was found about all variants to one JSON file (default: scores/<variant>.labels.json and "
        ".labels.parquet of the release)",
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Judge the labels, and print a report for each variant.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: It can't be judged.
    """
    # Read when torch is first imported; see `synth-builder score`.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from synth_builder.cli.label_quality_report import label_quality_report
    from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks
    from synth_builder.scoring.label_quality.results import all_as_json
    from synth_builder.verbs.label_quality import label_quality

    found = label_quality(
        arguments.release,
        arguments.variant,
        real=arguments.real,
        test=arguments.test,
        classifier=arguments.classifier,
        cache=arguments.cache,
        top=arguments.top,
        write_clean=arguments.write_clean,
        out=arguments.out,
    )
    escape_what_the_terminal_lacks()
    if arguments.json:
        print(all_as_json(found))
        return 0
    print("\n\n".join(label_quality_report(one) for one in found.values()))
    for note in dict.fromkeys(note for one in found.values() for note in one.notes):
        print(f"Note: {note}")
    if arguments.write_clean is not None:
        (one,) = found.values()
        print(f"{one.likely_wrong.rows - one.likely_wrong.hits} rows written to {arguments.write_clean}")
    return 0
