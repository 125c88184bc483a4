import argparse

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder submit`."""
    parser.add_argument("results", metavar="RESULTS", help="results.json of a study, or the folder of the study")
    parser.add_argument(
        "--to", required=True, metavar="OWNER/NAME", help="dataset repository of the leaderboard, on the Hub"
    )
    parser.add_argument("--check-only", action="store_true", help="check the file, and open no pull request")
    parser.add_argument(
        "--allow-unpublished",
        action="store_true",
        help="hand in variants whose rows are not published, so that others can't repeat them",
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Check results, hand them in, and print what was done.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: A check found something, or the Hub does not take it.
    """
    from synth_builder.studies.leaderboard.submitting.submit import submit

    escape_what_the_terminal_lacks()
    submission, proposed = submit(
        arguments.results,
        arguments.to,
        check_only=arguments.check_only,
        allow_unpublished=arguments.allow_unpublished,
    )
    for note in submission.notes:
        print(f"Note: {visible(note)}")
    if proposed is None:
        print(f"Nothing is wrong. It would be handed in as {submission.path}.")
    else:
        print(f"Handed in as {submission.path}: {proposed.link}")
    return 0
