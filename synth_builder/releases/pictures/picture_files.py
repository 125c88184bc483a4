"""Files of pictures: written light and dark, each with the digest of the numbers that it shows, where it has one."""

import logging
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.picture_style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KEYWORD = "Drawn-Of"
"""Names the digest among the texts of a PNG file."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def save_picture(
    draw: Callable[[Theme], "Figure"], release: ReleaseFolder, name: str, kind: str, digest: str | None = None
) -> None:
    """
    Draw a picture of a variant in each theme and write the files, each whole or not at all.

    Args:
        draw (`Callable[[Theme], Figure]`):
            Draws it in a theme.
        release (`ReleaseFolder`):
            Where the files go.
        name (`str`):
            The variant.
        kind (`str`):
            What it shows, a part of the files' names.
        digest (`str`, *optional*):
            Digest of the numbers that are drawn, for `digest_of`; written into the files, so that no copying, killing
            or writing of other files takes it from its picture.
    """
    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # with --debug it tells of every font that there is
    for theme in THEMES:
        path = release.picture(name, kind, theme.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        metadata = {"Software": None, KEYWORD: digest}
        with warnings.catch_warnings():
            # A letter that the font lacks is a box on the picture; the table has the label's name as it is.
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            draw(theme).savefig(unfinished, format="png", metadata=metadata)
        unfinished.replace(path)


def digest_of(path: Path) -> str | None:
    """
    Digest of the numbers that a picture was drawn of; `None` where there is no such picture, or it has none. Chunks
    are read as the PNG specification (3rd edition, sections 5.3 and 11.3.3) has them.

    Args:
        path (`Path`):
            A file that `save_picture` wrote, or any other.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    at = len(_SIGNATURE) if data.startswith(_SIGNATURE) else len(data)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"tEXt":
            keyword, _, text = data[at + 8 : at + 8 + length].partition(b"\0")
            if keyword == KEYWORD.encode("latin-1"):
                return text.decode("latin-1")
        at += length + 12
    return None
