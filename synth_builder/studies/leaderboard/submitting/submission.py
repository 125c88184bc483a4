from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from synth_builder.errors import MissingExtraError, PublishError, StudyError
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.recipes.recipe import CONFIG_NAME
from synth_builder.studies.leaderboard.board.content_hash import content_hash
from synth_builder.studies.leaderboard.board.published_rows import PublishedRows
from synth_builder.studies.leaderboard.board.results_files import FOLDER, MOST_BYTES, understood
from synth_builder.studies.leaderboard.validation.answers import unfounded
from synth_builder.studies.leaderboard.validation.plausibility import implausible
from synth_builder.studies.leaderboard.validation.private_text import private_places
from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.parts import StudiedVariant
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.study_folder import StudyFolder

AGAIN = "`submit` checks the results and hands them in from the start"
"""What it does after the Hub failed."""


@dataclass(frozen=True)
class Submission:
    """
    Results that are to be handed in, and what the checks found.

    Args:
        results (`StudyResults`):
            What they are.
        content (`bytes`):
            The file as it is.
        wrong (`tuple[str, ...]`):
            What has to be mended first.
        notes (`tuple[str, ...]`):
            What a reader has to know, and is no hindrance.
    """

    results: StudyResults
    content: bytes
    wrong: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def path(self) -> str:
        """
        Where the file goes in the leaderboard's repository. Who repeats a study has its name and fingerprint, and
        replaces nobody's file.
        """
        told = (self.results.name, self.results.fingerprint[:12], content_hash(self.results)[:12])
        return f"{FOLDER}/{'-'.join(told)}.json"


def checked_submission(path: str | Path, *, allow_unpublished: bool = False) -> Submission:
    """
    Read results and check everything that can be checked without training: their form, that the fingerprint is that of
    what the file holds, that nothing in it is implausible, secret, or a path of a machine, that its findings follow
    from the rest of it, and that the rows of each variant are published where the file says.

    Args:
        path (`str` or `Path`):
            A `results.json`, or the folder of a study.
        allow_unpublished (`bool`, defaults to `False`):
            Whether variants may be handed in whose rows nobody else can load.

    Raises:
        StudyError: The file can't be read, or is none of this version's form.
        PublishError: The Hub can't be reached.
    """
    file = StudyFolder(Path(path)).results if Path(path).is_dir() else Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StudyError(
            f"{str(file)!r} can't be read ({error.strerror}); expected a results.json, or the folder of a study."
        ) from error
    results, problem = understood(content)
    if results is None:
        raise StudyError(f"{str(file)!r} can't be handed in: {problem}. Run the study again with this version.")
    wrong: list[str] = []
    notes: list[str] = []
    if len(content) > MOST_BYTES:
        wrong.append(f"the file has {len(content) / 2**20:,.0f} MB; leaderboards read {MOST_BYTES // 2**20} at most")
    if not CONFIG_NAME.fullmatch(results.name):
        wrong.append(f"name is {results.name!r}; expected letters, digits, '_', '-' and '.'")
    computed = results_fingerprint(results.study, results.variants, results.tasks)
    if computed != results.fingerprint:
        wrong.append(f"fingerprint is {results.fingerprint!r}; what the file holds gives {computed!r}")
    if not results.cells:
        wrong.append("cells is empty; expected scores")
    untrue = implausible(results)
    wrong += untrue
    if not untrue:  # findings about what can't be true say nothing
        try:
            wrong += unfounded(results)
        except MissingExtraError as error:
            notes.append(f"The findings were not computed again: {error}")
    wrong += private_places(results.model_dump(mode="json"))
    unpublished = [f"{each.task}/{each.variant}" for each in results.variants if each.source is None]
    if unpublished:
        told = f"not published, so that others can't repeat it: {', '.join(unpublished)}"
        if allow_unpublished:
            notes.append(told[0].upper() + told[1:] + ".")
        else:
            wrong.append(
                f"{told}. Publish the releases (`synth-builder publish`) and run the study on them with "
                "`published: owner/name@v1.0.0` in the study's task, or hand it in with --allow-unpublished"
            )
    if not wrong:  # what is wrong already needs no network to be told
        wrong += _unlike_their_releases(results.variants)
    return Submission(results, content, tuple(wrong), tuple(notes))


def _unlike_their_releases(variants: Iterable[StudiedVariant]) -> list[str]:
    """What is wrong with where variants are published; each release is asked for once."""
    wrong = []
    releases: dict[str, frozenset[str] | str] = {}
    for variant in variants:
        if variant.source is None:
            continue
        if variant.source not in releases:
            releases[variant.source] = _files_or_problem(variant.source)
        found = releases[variant.source]
        place = f"variant {variant.task}/{variant.variant}"
        if isinstance(found, str):
            wrong.append(f"{place}: {found}")
        elif f"provenance/{variant.variant}.json" not in found:
            wrong.append(f"{place}: {variant.source} is no release with this variant")
    return wrong


def _files_or_problem(source: str) -> frozenset[str] | str:
    published = PublishedRows.parse(source)
    if published is None:
        return f"source is {source!r}; expected owner/name@revision"
    place = HubPlace(published.repo, AGAIN)
    head = place.head()
    if head is None or not head.public:
        return f"there is no public dataset {published.repo} on the Hub"
    try:
        return place.at(published.revision).files
    except PublishError as error:
        return f"{published.repo} can't be read at the revision {published.revision!r}: {error}"


def refuse(submission: Submission) -> None:
    """
    Raise where the checks found something.

    Raises:
        StudyError: With everything that they found, one thing a line.
    """
    if submission.wrong:
        listed = "\n".join(f"  - {sentence}" for sentence in submission.wrong[:20])
        more = len(submission.wrong) - 20
        listed += f"\n  - and {more} more" if more > 0 else ""
        raise StudyError(f"These results can't be handed in yet:\n{listed}\nMend it, or run the study again.")
