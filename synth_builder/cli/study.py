import argparse
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.cli.engine_arguments import positive
from synth_builder.cli.parent_process import end_with
from synth_builder.cli.ray_arguments import add_ray_arguments, check_ray_arguments, spread
from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible

if TYPE_CHECKING:
    from synth_builder.studies.forecast import Forecast
    from synth_builder.studies.results.study_results import StudyResults


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder study`."""
    parser.add_argument("study", metavar="STUDY", help="the study: a YAML file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="its folder (default: ./studies/<study name>)")
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="where local files of real data start that recipes name by a relative path (default: beside each recipe)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting over the study, for example seeds=1; may be repeated",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        default=1,
        metavar="N",
        help="processes that share the work (default: 1); the same command in another terminal shares it, too",
    )
    # For the processes of --jobs: who started them.
    parser.add_argument("--parent", type=positive, help=argparse.SUPPRESS)
    add_ray_arguments(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="say how many requests, tokens and trainings are left, and how long"
    )
    parser.epilog = (
        "Run the same command again to go on where it stopped: no request and no training is repeated.\n"
        "An older study can be changed: what its new settings leave as it was is not done again."
    )


def run(arguments: argparse.Namespace) -> int:
    """
    Run a study, or say what it takes.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: It can't be run.
    """
    # Read when torch is first imported; see `score`.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if arguments.parent is not None:
        end_with(arguments.parent)
    from synth_builder.errors import StudyError
    from synth_builder.progress import say
    from synth_builder.studies.checks import refuse_others
    from synth_builder.studies.forecast import forecast
    from synth_builder.studies.results.study_results import StudyResults
    from synth_builder.studies.running import run_study
    from synth_builder.studies.study import Study
    from synth_builder.studies.study_folder import RESULTS, StudyFolder

    data = [] if arguments.data is None else [f"data={json.dumps(str(Path(arguments.data).resolve()))}"]
    study = Study.load(arguments.study, [*arguments.set, *data])
    out = arguments.out or Path("studies") / study.name
    if arguments.ray is not None and arguments.jobs > 1:
        raise StudyError("--jobs is about processes of this machine, and --ray about those of a cluster; give one.")
    check_ray_arguments(arguments)
    if arguments.dry_run:
        _show_forecast(forecast(study, out))
        if arguments.ray is not None:
            print(
                f"Note: a dry run connects to no cluster: --ray {visible(arguments.ray)} was not tried, and trainings "
                "are timed as one after the other."
            )
        return 0
    refuse_others(study, StudyFolder(out))
    with spread(arguments) as over, _others(arguments, out) as others:
        results = run_study(study, out, spread=over, say=lambda sentence: say(visible(sentence)))
        codes = [process.wait() for process in others]
    if results is None and others:
        if any(codes):
            raise StudyError(
                f"A process that shared the study failed; see {str(StudyFolder(out).log(1))!r} and those beside it. "
                "Run the same command again, without --jobs to see more."
            )
        results = StudyResults.read(out / RESULTS)
    if results is None:
        print(f"Another process writes what was found to {visible(str(out))}.")
    else:
        _show(results, out)
    return 0


@contextmanager
def _others(arguments: argparse.Namespace, out: Path) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """The same command in processes of their own, which end when this one does. What they say goes to files."""
    from synth_builder.studies.study_folder import StudyFolder

    words = [sys.executable, "-m", "synth_builder", "study", arguments.study, "--out", str(out)]
    words += ["--parent", str(os.getpid())]
    words += [] if arguments.data is None else ["--data", arguments.data]
    words += [word for setting in arguments.set for word in ("--set", setting)]
    logging.getLogger(__name__).debug("%s more processes: %s", arguments.jobs - 1, words)
    started = []
    try:
        for number in range(1, arguments.jobs):
            path = StudyFolder(out).log(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as log:
                started.append(subprocess.Popen(words, stdout=log, stderr=log))
        yield started
    finally:
        for process in started:
            process.terminate()
            process.wait()


def _show_forecast(found: "Forecast") -> None:
    print(f"Variants: {found.built} of {found.variants} are built.")
    if found.requests:
        pace = "by those that were answered" if found.requests_measured else "for the small model on two CPU cores"
        print(
            f"Requests: at least {found.requests:,}, about {found.prompt_tokens:,} tokens in prompts and at most "
            f"{found.completion_tokens:,} in replies; {_time(found.request_seconds, pace)}."
        )
    if found.questions:
        print(f"Questions to the language model as a classifier: {found.questions:,}.")
    for each in found.classifiers:
        basis = "by those that are done" if each.measured else "for a small encoder on two CPU cores"
        print(
            f"Trainings, {visible(each.title)}: {each.left:,} of {each.trainings:,} are left"
            f"{f'; {_time(each.seconds, basis)}' if each.left else ''}."
        )
    for note in found.left_out:
        print(visible(f"Note: {note}"))


def _time(seconds: float | None, basis: str) -> str:
    if seconds is None:
        return "how long is not known before some are done"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s, {basis}"
    if seconds < 5_400:
        return f"about {round(seconds / 60)} min, {basis}"
    return f"about {seconds / 3_600:.1f} h, {basis}"


def _show(results: "StudyResults", out: Path) -> None:
    escape_what_the_terminal_lacks()
    for finding in results.findings:
        print(f"{visible(finding.question)} {finding.answer.capitalize()}. {visible(finding.because)}")
    for note in results.notes:
        print(visible(f"Note: {note}"))
    print(f"\nReport: {visible(str(out / 'report.html'))}  (results: {visible(str(out / 'results.json'))})")
