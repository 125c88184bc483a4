from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.errors import MissingExtraError, ReleaseError
from synth_builder.extras import require
from synth_builder.filters.verification import VerificationOptions
from synth_builder.generation.lock import BuildLock
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.card import write_card
from synth_builder.releases.card.card_page import EXTRA, card_page
from synth_builder.releases.card.card_pictures import rows_shown
from synth_builder.releases.card.hub_metadata import card_problems
from synth_builder.releases.card.risks import verification_options
from synth_builder.releases.folder import WORK, ReleaseFolder, write_whole
from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.releases.pictures.pictures import draw_pictures
from synth_builder.releases.pictures.score_pictures import draw_score_pictures
from synth_builder.releases.row_measures import AT_MOST, row_measures
from synth_builder.releases.split_files import each_told, file_hash
from synth_builder.scoring.results.scores import Scores


@dataclass(frozen=True)
class CardMade:
    """
    What was written.

    Args:
        path (`Path`):
            The card.
        pictures (`tuple[str, ...]`):
            Pictures that it shows, as paths within the release.
        notes (`tuple[str, ...]`):
            What is left out and why, and what the Hub would not understand.
    """

    path: Path
    pictures: tuple[str, ...]
    notes: tuple[str, ...]


def card(release: str | Path, *, pictures: bool | None = None, html: str | Path | None = None) -> CardMade:
    """
    Write the card of a release again: measure what a build has no time for, draw pictures, and put both on the card.
    What people wrote into it stays.

    Args:
        release (`str` or `Path`):
            The folder of a release.
        pictures (`bool`, *optional*):
            Whether to draw the pictures anew. When not given, those are drawn that are missing, where the extra
            `pictures` is installed; with `False` none are, and those that are there stay. Pictures of other scores
            than there are now go in any case.
        html (`str` or `Path`, *optional*):
            A file for the card as a page for the browser.

    Raises:
        MissingExtraError: Pictures or the page are asked for and their extra is not installed.
        ReleaseError: This is no release, it holds no variant, or its card can't be read.
    """
    folder = ReleaseFolder(Path(release))
    recipe = folder.read_recipe()
    if pictures:
        require("matplotlib", extra=EXTRA)
    if html is not None:
        for package in ("markdown_it", "nh3"):
            require(package, extra=EXTRA)
    notes: list[str] = []
    with BuildLock(folder.path / WORK):
        for name, provenance in folder.provenances().items():
            scores = Scores.read(folder.scores(name)) if folder.scores(name).is_file() else None
            notes += draw_score_pictures(folder, name, scores, draw=pictures)
            problem = _rows_problem(folder, name, provenance)
            if problem is not None:
                notes.append(problem)
                continue
            told = {**provenance, "measured": _measured(folder, provenance, recipe)}
            if pictures or (pictures is None and not _drawn(folder, name, provenance)):
                try:
                    told["pictures"], missing = draw_pictures(folder, name, provenance, recipe)
                except MissingExtraError as error:
                    missing = [f"There are no pictures. {error}"]
                notes += missing
            if told != provenance:
                folder.write_provenance(name, told)
        write_card(folder)
    text = folder.card.read_text(encoding="utf-8")
    notes += card_problems(text)
    if html is not None:
        _write_page(Path(html), card_page(folder))
    shown = tuple(name for name in folder.pictures() if f'"{name}"' in text)
    return CardMade(folder.card, shown, tuple(dict.fromkeys(notes)))


def _rows_problem(folder: ReleaseFolder, name: str, provenance: Mapping[str, Any]) -> str | None:
    """Why nothing can be measured of a variant; `None` when its rows are there and those that it was built with."""
    for split, told in provenance["splits"].items():
        for path, file in zip(folder.data_files(name, split, told), each_told(told), strict=True):
            if not path.is_file():
                return f"{name}: nothing is measured or drawn, because {file['file']} is not there."
            if file_hash(path) != file["sha256"]:
                return f"{name}: nothing is measured or drawn, because {file['file']} was changed after the build."
    return None


def _measured(folder: ReleaseFolder, provenance: Mapping[str, Any], recipe: Recipe) -> Mapping[str, Any]:
    options = VerificationOptions.model_validate(verification_options(provenance) or {})
    return row_measures(
        folder.all_data_files(provenance),
        recipe.task,
        AT_MOST,
        flagged=options if options.action == "flag" else None,
        languages=True,
    )


def _drawn(folder: ReleaseFolder, name: str, provenance: Mapping[str, Any]) -> bool:
    """Whether all pictures are there and show the rows that the variant has now."""
    told = provenance.get("pictures")
    return (
        told is not None
        and told["rows"] == rows_shown(provenance)
        and "map" in told["kinds"]
        and all(folder.picture(name, kind, theme.name).is_file() for kind in told["kinds"] for theme in THEMES)
    )


def _write_page(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise ReleaseError(f"The page can't be written to {str(path)!r}: {error}.") from error
