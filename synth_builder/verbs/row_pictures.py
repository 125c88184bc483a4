"""Pictures of a variant's rows: whether there are any, whether they may be drawn, and drawing them after a score."""

from collections.abc import Mapping
from typing import Any

from synth_builder.errors import MissingExtraError
from synth_builder.releases.card.card_pictures import rows_shown
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.releases.pictures.pictures import draw_pictures
from synth_builder.releases.split_files import each_told, file_hash


def draw_missing(folder: ReleaseFolder, names: list[str]) -> None:
    """
    Draw the pictures of those variants that have none of the rows that they have now; nothing where the extra
    `pictures` is not installed, and for rows that were changed after the build.
    """
    recipe = folder.read_recipe()
    for name in names:
        provenance = folder.read_provenance(name)
        if provenance is None or drawn(folder, name, provenance) or rows_problem(folder, name, provenance):
            continue
        try:
            pictures, _ = draw_pictures(folder, name, provenance, recipe)
        except MissingExtraError:
            return  # told by `card`, which is asked for pictures
        folder.write_provenance(name, {**provenance, "pictures": pictures})


def rows_problem(folder: ReleaseFolder, name: str, provenance: Mapping[str, Any]) -> str | None:
    """Why nothing can be measured of a variant; `None` when its rows are there and those that it was built with."""
    for split, told in provenance["splits"].items():
        for path, file in zip(folder.data_files(name, split, told), each_told(told), strict=True):
            if not path.is_file():
                return f"{name}: nothing is measured or drawn, because {file['file']} is not there."
            if file_hash(path) != file["sha256"]:
                return f"{name}: nothing is measured or drawn, because {file['file']} was changed after the build."
    return None


def drawn(folder: ReleaseFolder, name: str, provenance: Mapping[str, Any]) -> bool:
    """Whether all pictures are there and show the rows that the variant has now."""
    told = provenance.get("pictures")
    return (
        told is not None
        and told["rows"] == rows_shown(provenance)
        and "map" in told["kinds"]
        and all(folder.picture(name, kind, theme.name).is_file() for kind in told["kinds"] for theme in THEMES)
    )
