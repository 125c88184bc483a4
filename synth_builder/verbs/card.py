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
from synth_builder.releases.card.hub_metadata import card_problems
from synth_builder.releases.card.risks import verification_options
from synth_builder.releases.folder import WORK, ReleaseFolder, write_whole
from synth_builder.releases.pictures.pictures import draw_pictures
from synth_builder.releases.pictures.score_pictures import draw_score_pictures
from synth_builder.releases.row_measures import AT_MOST, row_measures
from synth_builder.scoring.results.scores import Scores
from synth_builder.verbs.row_pictures import drawn, rows_problem


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
            problem = rows_problem(folder, name, provenance)
            if problem is not None:
                notes.append(problem)
                continue
            told = {**provenance, "measured": _measured(folder, provenance, recipe)}
            if pictures or (pictures is None and not drawn(folder, name, provenance)):
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


def _measured(folder: ReleaseFolder, provenance: Mapping[str, Any], recipe: Recipe) -> Mapping[str, Any]:
    options = VerificationOptions.model_validate(verification_options(provenance) or {})
    return row_measures(
        folder.all_data_files(provenance),
        recipe.task,
        AT_MOST,
        flagged=options if options.action == "flag" else None,
        languages=True,
    )


def _write_page(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise ReleaseError(f"The page can't be written to {str(path)!r}: {error}.") from error
