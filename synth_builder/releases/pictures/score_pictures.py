"""Which pictures the scores of a variant have, and that those in a release show the scores that are there."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from synth_builder.errors import MissingExtraError
from synth_builder.extras import require
from synth_builder.releases.folder import PICTURES, ReleaseFolder
from synth_builder.releases.pictures.confusion_picture import (
    MOST_LABELS,
    Confusion,
    confusion_caption,
    confusion_in_words,
    draw_confusion,
)
from synth_builder.releases.pictures.curve_picture import (
    LearningCurves,
    curves_caption,
    curves_in_words,
    draw_curves,
)
from synth_builder.releases.pictures.picture_files import digest_of, save_picture
from synth_builder.releases.pictures.picture_style import THEMES, Theme
from synth_builder.scoring.results.scores import Scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("curve", "confusion")
"""Parts of the files' names, in the order of the card."""

EXTRA = "pictures"


@dataclass(frozen=True)
class ScorePicture:
    """
    A picture that scores have, drawn or not.

    Args:
        draw (`Callable[[Theme], Figure]`):
            Draws it in a theme.
        alt, caption (`str`):
            Its numbers in words, and how it is to be read.
        digest (`str`):
            Of everything that is drawn: a file with another one shows other scores.
    """

    draw: Callable[[Theme], "Figure"]
    alt: str
    caption: str
    digest: str


def score_pictures(scores: Scores) -> dict[str, ScorePicture]:
    """
    The pictures that scores have.

    Args:
        scores (`Scores`):
            Of a variant.

    Returns:
        `dict[str, ScorePicture]`: Kind -> picture, in the order of the card. `curve` where several numbers of rows
        were scored, `confusion` where the variant was scored alone and the task has at most 40 labels.
    """
    found = {}
    if (curves := LearningCurves.of(scores)) is not None:
        found["curve"] = ScorePicture(
            partial(draw_curves, curves=curves), curves_in_words(curves), curves_caption(curves), _digest(curves)
        )
    if (confusion := Confusion.of(scores)) is not None and len(confusion.labels) <= MOST_LABELS:
        found["confusion"] = ScorePicture(
            partial(draw_confusion, confusion=confusion),
            confusion_in_words(confusion),
            confusion_caption(confusion),
            _digest(confusion),
        )
    return found


def draw_score_pictures(
    release: ReleaseFolder, name: str, scores: Scores | None, *, draw: bool | None = None
) -> list[str]:
    """
    Bring the pictures of a variant's scores to what its scores are now. Those that show other scores are removed, be
    it possible to draw them or not.

    Args:
        release (`ReleaseFolder`):
            Where the pictures are.
        name (`str`):
            The variant.
        scores (`Scores`, *optional*):
            Its scores; without any, it has no pictures of them.
        draw (`bool`, *optional*):
            Whether to draw them anew. When not given, those are drawn that do not fit; with `False` none are.

    Returns:
        `list[str]`: A sentence for each picture that there is none of, though there are scores for it.
    """
    pictures = {} if scores is None else score_pictures(scores)
    notes = [] if scores is None else never_drawn(name, scores)
    try:
        for kind, picture in pictures.items():
            if draw or (draw is None and not _fits(release, name, kind, picture)):
                require("matplotlib", extra=EXTRA)
                save_picture(picture.draw, release, name, kind, picture.digest)
    except MissingExtraError as error:
        notes.append(f"There are no pictures of the scores. {error}")
    for kind in KINDS:
        if not _fits(release, name, kind, pictures.get(kind)):
            for theme in THEMES:
                release.picture(name, kind, theme.name).unlink(missing_ok=True)
    return notes


def never_drawn(name: str, scores: Scores) -> list[str]:
    """
    A sentence for each picture that these scores have none of, whatever is installed.

    Args:
        name (`str`):
            The variant.
        scores (`Scores`):
            Its scores.
    """
    confusion = Confusion.of(scores)
    if confusion is None or len(confusion.labels) <= MOST_LABELS:
        return []
    return [
        f"{name}: no confusion matrix is drawn of more than {MOST_LABELS} labels, and there are "
        f"{len(confusion.labels)}."
    ]


def pictures_for_card(release: ReleaseFolder, scores: Mapping[str, Scores]) -> list[str]:
    """
    Pictures that a card may show, as paths within the release: those of rows, of which the card knows itself whether
    they fit, and of those of scores the ones that were drawn of the scores that are there.

    Args:
        release (`ReleaseFolder`):
            Where the pictures are.
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some.
    """
    fitting = {path for name, found in scores.items() for path in fitting_pictures(release, name, found)}
    return [path for path in release.pictures() if path in fitting or not shows_scores(path)]


def fitting_pictures(release: ReleaseFolder, name: str, scores: Scores) -> list[str]:
    """
    Pictures of a variant's scores that were drawn of these, as paths within the release.

    Args:
        release (`ReleaseFolder`):
            Where the pictures are.
        name (`str`):
            The variant.
        scores (`Scores`):
            Its scores.
    """
    return [
        release.picture(name, kind, theme.name).relative_to(release.path).as_posix()
        for kind, picture in score_pictures(scores).items()
        if _fits(release, name, kind, picture)
        for theme in THEMES
    ]


def shows_scores(path: str) -> bool:
    """Whether a path within a release is that of a picture of scores."""
    parts = path.rsplit("-", 2)
    return len(parts) == 3 and parts[0].startswith(f"{PICTURES}/") and parts[1] in KINDS


def score_pictures_of(files: Iterable[str], name: str) -> set[str]:
    """Those of the paths within a release that are pictures of a variant's scores."""
    return {path for path in files if shows_scores(path) and path.rsplit("-", 2)[0] == f"{PICTURES}/{name}"}


def _fits(release: ReleaseFolder, name: str, kind: str, picture: ScorePicture | None) -> bool:
    digests = {digest_of(release.picture(name, kind, theme.name)) for theme in THEMES}
    return picture is not None and digests == {picture.digest}


def _digest(drawn: LearningCurves | Confusion) -> str:
    return hashlib.sha256(repr(drawn).encode()).hexdigest()
