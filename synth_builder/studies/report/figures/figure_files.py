import logging
import warnings
from collections.abc import Sequence
from io import BytesIO

from synth_builder.extras import require
from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.studies.report.figures.picture import Picture

_STYLE = {"svg.hashsalt": "synth-builder", "svg.fonttype": "path", "text.parse_math": False, "path.simplify": True}
_METADATA = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


def figure_files(pictures: Sequence[Picture]) -> dict[str, bytes]:
    """
    Draw pictures, each light and dark, as SVG and PNG. The same pictures give the same bytes with the same matplotlib.

    Args:
        pictures (`Sequence[Picture]`):
            What to draw.

    Returns:
        `dict[str, bytes]`: Name of each file -> what is in it.

    Raises:
        MissingExtraError: The extra `pictures` is not installed.
    """
    matplotlib = require("matplotlib", extra="pictures")
    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # with --debug it tells of every font that there is
    files = {}
    for picture in pictures:
        for theme in THEMES:
            with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
                # A letter that the font lacks is a box on the figure; the tables have it as it is.
                warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
                drawn = picture.draw(theme)
                for ending, metadata in _METADATA.items():
                    stream = BytesIO()
                    drawn.savefig(stream, format=ending, metadata=metadata)
                    files[figure_file(picture.name, theme.name, ending)] = stream.getvalue()
    return files


def figure_file(name: str, theme: str, ending: str) -> str:
    """Name of a file of a picture."""
    return f"{name}-{theme}.{ending}"
