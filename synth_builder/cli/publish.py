import argparse

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible
from synth_builder.publishing.version import BUMPS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder publish`."""
    parser.add_argument(
        "release",
        nargs="?",
        metavar="RELEASE",
        help="folder of a release (without it: what was merged since the last version becomes a version)",
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--repo", metavar="USER/NAME", help="dataset on the Hub; made when not there")
    place.add_argument(
        "--to", metavar="DIR_OR_URL", help="folder, or URL such as s3://bucket/films, with a folder for each version"
    )
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--version", metavar="X.Y.Z", help="version to make (default: by the rule, from what changed)")
    number.add_argument("--bump", choices=BUMPS, help="what to raise of the last version (default: by the rule)")
    parser.add_argument(
        "--variant", action="append", metavar="V", help="variant to publish; may be repeated (default: all)"
    )
    parser.add_argument("--private", action="store_true", help="make a new repository private")
    parser.add_argument("--create-pr", action="store_true", help="open a pull request instead of making a version")
    parser.add_argument("--rejections", action="store_true", help="publish what was not used, too")
    parser.add_argument(
        "--adopt", action="store_true", help="publish where something else lies already; its files stay"
    )
    parser.add_argument(
        "--force-version", action="store_true", help="accept a smaller version than the changes ask for"
    )
    parser.add_argument(
        "--corrected",
        action="store_true",
        help="rows were corrected by hand since the build: check, count and publish them",
    )
    parser.add_argument("--no-check", action="store_true", help="do not load the published rows again to compare them")


def run(arguments: argparse.Namespace) -> int:
    """
    Publish, and print what was done.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: It can't be published.
    """
    from synth_builder.verbs.publish import publish

    escape_what_the_terminal_lacks()
    done = publish(
        arguments.release,
        arguments.repo,
        to=arguments.to,
        version=arguments.version,
        bump=arguments.bump,
        variants=arguments.variant,
        private=arguments.private,
        create_pr=arguments.create_pr,
        rejections=arguments.rejections,
        adopt=arguments.adopt,
        force_version=arguments.force_version,
        corrected=arguments.corrected,
        check=not arguments.no_check,
    )
    if not done.new:
        print(f"Nothing has changed since {done.version.tag if done.version else 'the last time'}: no new version.")
    elif done.version is None:
        print(f"Proposed: {done.link}")
    else:
        print(f"Published {done.version.tag}: {done.link}")
        if done.verdict is not None:
            print(f"By the rule for versions these changes are {done.verdict}:")
    for line in done.changes:
        print(f"  - {visible(line)}")
    for note in done.notes:
        print(f"Note: {visible(note)}")
    if not arguments.no_check and (done.new or not arguments.create_pr):
        print("Checked: load_dataset with an empty cache gives the rows that were built.")
    if done.new and done.version is not None:
        print(f"\n  {_how_to_load(arguments.repo, done.link, done.version.tag)}")
    return 0


def _how_to_load(repo: str | None, link: str, tag: str) -> str:
    if repo is not None:
        return f'load_dataset("{repo}", "VARIANT", revision="{tag}")'
    if "://" not in link:
        return f'load_dataset("{link}/{tag}", "VARIANT")'
    return f"Copy {link}/{tag} to this machine to load it; its card says how."
