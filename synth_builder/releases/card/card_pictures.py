import html
from collections.abc import Collection, Mapping
from typing import Any

from synth_builder.releases.card.markdown import escaped
from synth_builder.releases.folder import PICTURES
from synth_builder.releases.pictures.score_pictures import score_pictures
from synth_builder.scoring.results.scores import Scores

WIDTH = 800
"""Of a picture on a page, in CSS pixels; the files have twice as many."""


def picture_parts(
    provenances: Mapping[str, Mapping[str, Any]], files: Collection[str], base: str = ""
) -> dict[str, str]:
    """
    The pictures of each variant as Markdown, each light and dark. Those that are not there, or that were drawn of
    other rows than the variant has now, are left out.

    Args:
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it, its pictures among it.
        files (`Collection[str]`):
            Pictures that are there, as paths within the release.
        base (`str`, defaults to `""`):
            What goes before their paths: a page may resolve the paths of images and not those of their variants for
            dark screens.
    """
    parts = {}
    for name, provenance in provenances.items():
        drawn = provenance.get("pictures")
        if drawn is None or drawn["rows"] != rows_shown(provenance):
            continue
        told = {kind: (words["alt"], words["caption"]) for kind, words in drawn["kinds"].items()}
        if shown := _pictures(name, told, files, base):
            parts[name] = shown
    return parts


def score_picture_parts(scores: Mapping[str, Scores], files: Collection[str], base: str = "") -> dict[str, str]:
    """
    The pictures of each variant's scores as Markdown, each light and dark. Those that are not there are left out.

    Args:
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some.
        files (`Collection[str]`):
            Pictures that are there and were drawn of these scores, as paths within the release.
        base (`str`, defaults to `""`):
            What goes before their paths, as with `picture_parts`.
    """
    parts = {}
    for name, found in scores.items():
        told = {kind: (picture.alt, picture.caption) for kind, picture in score_pictures(found).items()}
        if shown := _pictures(name, told, files, base):
            parts[name] = shown
    return parts


def rows_shown(provenance: Mapping[str, Any]) -> dict[str, str]:
    """What tells the rows that pictures are drawn of: split -> digest of its rows."""
    return {split: told["rows_sha256"] for split, told in provenance["splits"].items()}


def _pictures(name: str, told: Mapping[str, tuple[str, str]], files: Collection[str], base: str) -> str:
    """Those of a variant that are there: kind -> what they show in words, and how they are to be read."""
    return "\n\n".join(
        _picture(f"{base}{light}", f"{base}{dark}", alt, caption)
        for kind, (alt, caption) in told.items()
        if (light := f"{PICTURES}/{name}-{kind}-light.png") in files
        and (dark := f"{PICTURES}/{name}-{kind}-dark.png") in files
    )


def _picture(light: str, dark: str, alt: str, caption: str) -> str:
    alt = html.escape(" ".join(alt.split()))
    return (
        f'<picture>\n<source media="(prefers-color-scheme: dark)" srcset="{dark}">\n'
        f'<img src="{light}" width="{WIDTH}" alt="{alt}">\n</picture>\n\n{escaped(caption)}'
    )
