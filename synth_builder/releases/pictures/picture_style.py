from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES_WIDE = 8.0
DOTS_PER_INCH = 200
MARKERS = "os^DvPX*"


@dataclass(frozen=True)
class Theme:
    """
    Colours of a picture. The ground is filled: a page may be dark where its reader's system is light.

    Args:
        name (`str`):
            `light` or `dark`, a part of the file's name.
        ground, text, lines (`str`):
            Colours of the ground, of words and of lines.
        bars (`tuple[str, ...]`):
            Colours of splits.
        heat (`str`):
            Colour of a whole on a heat map; nothing has the ground's.
        points (`tuple[str, ...]`):
            Colours of labels: the eight of Okabe and Ito, which people with any common colour blindness tell apart,
            made darker or lighter where the ground asks for it.
    """

    name: str
    ground: str
    text: str
    lines: str
    bars: tuple[str, ...]
    heat: str
    points: tuple[str, ...]

    def point(self, number: int) -> tuple[str, str]:
        """Colour and marker of a label; both differ between neighbours, and no two of 64 labels share both."""
        count = len(self.points)
        return self.points[number % count], MARKERS[(number + number // count) % len(MARKERS)]


THEMES = (
    Theme(
        "light",
        ground="#ffffff",
        text="#1f2937",
        lines="#9ca3af",
        bars=("#0072b2", "#56b4e9", "#a9c9de"),
        heat="#00497a",
        points=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#6b7280", "#5b3a9b"),
    ),
    Theme(
        "dark",
        ground="#0b0f19",
        text="#e5e7eb",
        lines="#6b7280",
        bars=("#56b4e9", "#0072b2", "#3d5a73"),
        heat="#56b4e9",
        points=("#56b4e9", "#e8743b", "#1bbf91", "#e79fc6", "#f0e442", "#3f8fd6", "#cbd5e1", "#a78bfa"),
    ),
)


def figure(theme: Theme, inches_high: float) -> "Figure":
    """An empty figure of the theme, as wide as all are."""
    from matplotlib.figure import Figure

    return Figure(figsize=(INCHES_WIDE, inches_high), dpi=DOTS_PER_INCH, facecolor=theme.ground, layout="constrained")


def dressed(axes: "Axes", theme: Theme, title: str) -> None:
    """Axes in the theme's colours, without the lines that nothing is read off."""
    axes.set_facecolor(theme.ground)
    axes.set_title(title, color=theme.text, fontsize=11, loc="left", parse_math=False)
    axes.tick_params(colors=theme.text, labelsize=9, length=0)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(side == "left")
        axes.spines[side].set_color(theme.lines)


def with_grid(axes: "Axes", theme: Theme, axis: Literal["both", "x", "y"] = "both") -> None:
    """Lines to read numbers off, behind everything else."""
    axes.grid(axis=axis, color=theme.lines, alpha=0.35, linewidth=0.6)
    axes.set_axisbelow(True)


def short(label: str, most: int = 22) -> str:
    """A label's name for an axis."""
    return label if len(label) <= most else label[: most - 1] + "…"


def readable_on(ground: str) -> str:
    """Black or white, whichever stands out more: at least 4.5 to 1 on any ground."""
    return max("#000000", "#ffffff", key=lambda color: contrast(color, ground))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours of the form `#rrggbb`, from 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
