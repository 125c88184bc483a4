from collections.abc import Sequence
from pathlib import Path

from synth_builder.errors import PublishError, ScoringError
from synth_builder.publishing.merge_recipe import publishable
from synth_builder.publishing.place import Content
from synth_builder.publishing.state import State
from synth_builder.registry import nearest
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.folder import ReleaseFolder, provenance_text
from synth_builder.releases.pictures.score_pictures import shows_scores
from synth_builder.releases.shown_scores import shown_scores
from synth_builder.releases.split_files import each_told, file_hash
from synth_builder.scoring.results.scores import Scores


def local_state(release: ReleaseFolder, names: Sequence[str] | None = None) -> State:
    """
    A release folder as it can be published.

    Args:
        release (`ReleaseFolder`):
            The folder.
        names (`Sequence[str]`, *optional*):
            Its variants that are meant; all when not given.

    Raises:
        PublishError: A variant is not there, or its rows are not those that were built.
        ReleaseError: It is no release.
    """
    recipe = release.read_recipe()
    provenances = release.provenances()
    if not provenances:
        raise PublishError(f"{str(release.path)!r} holds no variant; build one first.")
    for name in names or ():
        if name not in provenances:
            raise PublishError(
                f"{str(release.path)!r} has no variant {name!r}.{nearest(name, list(provenances))} "
                f"It has: {', '.join(provenances)}."
            )
    chosen = {name: found for name, found in provenances.items() if names is None or name in names}
    for name, provenance in chosen.items():
        for split, told in provenance["splits"].items():
            for path, file in zip(release.data_files(name, split, told), each_told(told), strict=True):
                if not path.is_file():
                    raise PublishError(
                        f"{str(path)!r} is missing; its provenance would not be true. Build the variant again with "
                        "--fresh, or put the file back."
                    )
                if file_hash(path) != file["sha256"]:
                    raise PublishError(
                        f"{str(path)!r} is not the file that was built; its provenance would not be true. If you "
                        "corrected rows by hand, say so: `publish --corrected`. Otherwise put the file back, or build "
                        "the variant again with --fresh."
                    )
    return State(
        recipe=publishable(recipe),
        provenances=chosen,
        scores={name: _scores(release.scores(name)) for name in chosen if release.scores(name).is_file()},
        card=CardParts.parse(_text(release.card)) if release.card.is_file() else CardParts(),
        files=frozenset(path.relative_to(release.path).as_posix() for path in release.path.rglob("*")),
    )


def variant_files(release: ReleaseFolder, state: State, name: str) -> dict[str, Content]:
    """
    Files of one variant, but for its scores, their pictures, and what was not used.

    Args:
        release (`ReleaseFolder`):
            The folder.
        state (`State`):
            What was read of it.
        name (`str`):
            The variant.

    Returns:
        `dict[str, bytes | Path]`: Path in the repository -> content.
    """
    paths = [path for files in release.all_data_files(state.provenances[name]).values() for path in files]
    paths += [release.path / picture for picture in release.pictures(name) if not shows_scores(picture)]
    files: dict[str, Content] = {path.relative_to(release.path).as_posix(): path for path in paths}
    return files | {f"provenance/{name}.json": provenance_text(state.provenances[name]).encode()}


def _scores(path: Path) -> str:
    """The text of scores as others may see it: of real data in local files only the file's name stays."""
    text = _text(path)
    try:
        found = Scores.parse(text, repr(str(path)))
    except ScoringError as error:
        raise PublishError(str(error)) from error
    shown = shown_scores(found)
    return text if shown == found else shown.to_json()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PublishError(f"{str(path)!r} is no UTF-8 text; save it as UTF-8.") from error
