"""Where results of studies are looked for: a file, a folder, a dataset repository on the Hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from synth_builder.errors import PublishError, StudyError
from synth_builder.publishing.hub_errors import hub_errors
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.recipes.reference import mistaken_path
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.study_folder import RESULTS

FOLDER = "results"
"""In a repository each file of results has a name of its own, in this folder."""

MOST_BYTES = 64 * 2**20
"""Of one file. That of 4,000 trainings has about 4 MB."""

AGAIN = "the leaderboard reads all results when it starts"
"""What helps after the Hub failed."""


@dataclass(frozen=True)
class FoundFile:
    """
    A file that may hold results.

    Args:
        name (`str`):
            Path within the folder or repository.
        content (`bytes`, *optional*):
            What it holds; `None` where it can't be read.
        problem (`str`, defaults to none):
            Why not.
    """

    name: str
    content: bytes | None
    problem: str = ""


def find_results(source: str | Path) -> Iterator[FoundFile]:
    """
    All files that may hold results: those called `results.json`, and all `.json` files in folders called `results`.

    Args:
        source (`str` or `Path`):
            A file, a folder, or `owner/name[@revision]` of a dataset repository on the Hub.

    Raises:
        StudyError: There is nothing of that name.
        PublishError: The Hub can't be reached, or does not show the repository.
    """
    path = Path(source)
    if path.is_file():
        yield _read(path, path.name)
    elif path.is_dir():
        paths = {found.relative_to(path).as_posix(): found for found in path.rglob("*.json")}
        for name in sorted(paths):
            if _is_results(PurePosixPath(name), within=path.resolve().name):
                yield _read(paths[name], name)
    elif isinstance(source, str) and source.count("/") == 1 and not source.startswith((".", "/", "~")):
        yield from _on_the_hub(source)
    else:
        raise StudyError(
            f"There is no file or folder {str(source)!r}; expected the folder of a study, a folder with results of "
            "several, a results.json, or owner/name of a dataset on the Hub."
        )


def understood(content: bytes) -> tuple[StudyResults | None, str]:
    """
    Read the results of a study that somebody else may have written.

    Args:
        content (`bytes`):
            What a file holds.

    Returns:
        `tuple[StudyResults | None, str]`: The results; or `None` and what is wrong, without values of the file.
    """
    try:
        return StudyResults.model_validate_json(content), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:200] or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        return None, f"it is no results.json of this version: {place}: {first['msg'][:200]}{more}"


def _is_results(path: PurePosixPath, within: str = "") -> bool:
    folder = path.parent.name or within
    return path.name == RESULTS or (path.suffix == ".json" and folder == FOLDER)


def _read(path: Path, name: str) -> FoundFile:
    try:
        if not path.is_file():
            return FoundFile(name, None, "it is no regular file")
        if path.stat().st_size > MOST_BYTES:
            return FoundFile(name, None, _too_large(path.stat().st_size))
        return FoundFile(name, path.read_bytes())
    except OSError as error:
        return FoundFile(name, None, error.strerror or type(error).__name__)


def _on_the_hub(source: str) -> Iterator[FoundFile]:
    repo, at, revision = source.partition("@")
    mistaken = mistaken_path(repo)
    if mistaken is not None:
        raise StudyError(mistaken)
    place = HubPlace(repo, AGAIN)
    sizes, commit = _listed(repo, revision if at else None)
    for name in sorted(sizes):
        if not _is_results(PurePosixPath(name)):
            continue
        if sizes[name] > MOST_BYTES:
            yield FoundFile(name, None, _too_large(sizes[name]))
            continue
        try:
            yield FoundFile(name, place.read(name, commit))
        except PublishError as error:
            yield FoundFile(name, None, str(error))


def _listed(repo: str, revision: str | None) -> tuple[dict[str, int], str]:
    """Path -> size of all files, and the commit that they are of: a branch may move while they are read."""
    from huggingface_hub import HfApi

    with hub_errors(repo, AGAIN):
        info = HfApi(library_name="synth-builder").dataset_info(repo, revision=revision, files_metadata=True)
    return {file.rfilename: file.size or 0 for file in info.siblings or ()}, str(info.sha)


def _too_large(size: int) -> str:
    return f"it has {size / 2**20:,.0f} MB; expected {MOST_BYTES / 2**20:,.0f} at most"
