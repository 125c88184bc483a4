"""Templates of the leaderboard's pages. Whatever stands in results files goes through here and nowhere else."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from synth_builder.studies.leaderboard.board.harmless_text import harmless

MOST_LETTERS = 600
"""Of one value."""


def filled(name: str, **values: Any) -> str:
    """
    A page as HTML. Every value is escaped, made harmless and cut; nothing in it is read as HTML.

    Args:
        name (`str`):
            Name of the template.
        values (`Any`):
            What it shows.
    """
    return _environment().get_template(f"{name}.jinja").render(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("synth_builder.studies.leaderboard.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> Any:
    # What is marked as HTML is the output of a macro, whose own values came through here.
    return harmless(value, MOST_LETTERS, lines=True) if isinstance(value, str) and type(value) is not Markup else value
