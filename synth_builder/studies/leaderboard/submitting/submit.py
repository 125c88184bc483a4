from pathlib import Path

import yaml

from synth_builder.errors import PublishError
from synth_builder.publishing.hub_place import HubPlace, Proposed
from synth_builder.releases.card.markdown import escaped, fenced, table
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.submitting.submission import AGAIN, Submission, checked_submission, refuse
from synth_builder.studies.results.study_results import StudyResults

SHOWN_ROWS = 20


def submit(
    path: str | Path, to: str, *, check_only: bool = False, allow_unpublished: bool = False
) -> tuple[Submission, Proposed | None]:
    """
    Check the results of a study and hand them in to a leaderboard, as a pull request.

    Args:
        path (`str` or `Path`):
            A `results.json`, or the folder of a study.
        to (`str`):
            `owner/name` of the leaderboard's dataset repository.
        check_only (`bool`, defaults to `False`):
            Check, and open no pull request.
        allow_unpublished (`bool`, defaults to `False`):
            Whether variants may be handed in whose rows nobody else can load.

    Returns:
        `tuple[Submission, Proposed | None]`: What was checked, and the pull request; `None` with `check_only`.

    Raises:
        StudyError: A check found something, or the file can't be read.
        PublishError: The Hub does not take it.
    """
    place = HubPlace(to, AGAIN)
    submission = checked_submission(path, allow_unpublished=allow_unpublished)
    refuse(submission)
    if check_only:
        return submission, None
    head = place.head()
    if head is None:
        raise PublishError(f"There is no dataset {to} on the Hub, or it is private and you may not see it.")
    if submission.path in head.files and place.read(submission.path, head.revision) == submission.content:
        raise PublishError(f"{to} has these results already, as {submission.path}.")
    proposed = place.propose(
        {submission.path: submission.content},
        parent=head.revision,
        title=f"Results of {submission.results.name}",
        description=description(submission),
    )
    return submission, proposed


def description(submission: Submission) -> str:
    """
    What the pull request says, as Markdown: what it holds, how to compute it again, what was checked.

    Args:
        submission (`Submission`):
            What is handed in.
    """
    results = submission.results
    study = yaml.safe_dump(results.study, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    parts = [
        f"Results of the study `{results.name}`: {len(results.cells)} ways of training, "
        f"{len(results.tasks)} tasks, {len(results.variants)} variants, {results.seeds} seeds.",
        table(
            ["Task", "Classifier", "Variant", "Trained on", "Accuracy", "95 % interval"],
            [
                [
                    escaped(cell.task),
                    escaped(cell.classifier),
                    escaped(cell.variant or "real rows alone"),
                    escaped(cell.cell.title),
                    f"{cell.accuracy.mean:.3f}",
                    _interval(cell.accuracy),
                ]
                for cell in results.cells[:SHOWN_ROWS]
            ],
        ),
    ]
    if len(results.cells) > SHOWN_ROWS:
        parts.append(f"The file holds {len(results.cells) - SHOWN_ROWS} more.")
    parts += [
        "To compute them again, save this as `study.yaml` and run `synth-builder study study.yaml`; recipes that it "
        "names by a path have to lie beside it, and `--data DIR` says where their local real data start.",
        fenced(study.rstrip(), "yaml"),
        "The rows:\n\n" + _rows(results),
        "Checked by `synth-builder submit`: the form of the file; its fingerprint "
        f"`{escaped(results.fingerprint)}`, of the study, its rows and its real rows; means, intervals, comparisons; "
        "no keys, no local paths; each published release is there and has the variant.",
    ]
    return "\n\n".join([*parts, *(escaped(note) for note in submission.notes)]) + "\n"


def _interval(spread: Spread) -> str:
    return "none" if spread.low is None or spread.high is None else f"{spread.low:.3f} to {spread.high:.3f}"


def _rows(results: StudyResults) -> str:
    return "\n".join(
        f"- {escaped(each.task)}, {escaped(each.variant)}: {each.rows:,} rows by {escaped(each.model)}, "
        f"{escaped(each.source) if each.source else 'not published'}"
        for each in results.variants
    )
