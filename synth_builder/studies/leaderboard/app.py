from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from synth_builder.extras import require
from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.pages.page_headers import PageHeaders
from synth_builder.studies.leaderboard.pages.render import render, render_filters

if TYPE_CHECKING:
    import gradio

EXTRA = "leaderboard"


def leaderboard_app(board: Board) -> "gradio.Blocks":
    """
    The leaderboard as a Gradio app; `launch(**launch_settings())` shows it.

    The address of the page holds all that a visitor chose, and the server makes the page of an address: a table of any
    length costs the browser one page of it. Nothing is loaded from elsewhere, and nobody is told of visitors.

    Args:
        board (`Board`):
            What is shown.

    Raises:
        MissingExtraError: The extra `leaderboard` is not installed.
    """
    require("gradio", extra=EXTRA)
    import gradio

    first = answer(board, {})
    app: gradio.Blocks = gradio.Blocks(title="Leaderboard of synthetic data", analytics_enabled=False, fill_width=True)
    with app:
        gradio.HTML(
            render_filters(board),
            elem_id="leaderboard-filters",
            elem_classes="leaderboard",
            js_on_load=_text("filters.js"),
            apply_default_css=False,
        )
        results = gradio.HTML(
            first,
            elem_id="leaderboard-results",
            elem_classes="leaderboard",
            js_on_load=_text("results.js"),
            apply_default_css=False,
        )

        def on_load(request: gradio.Request) -> str:
            return answer(board, {"query": urlencode(list(request.query_params.multi_items())), "turn": 0})

        def on_asked(event: gradio.EventData) -> str:
            return answer(board, event._data)

        # Several may be under way: the page takes the answer to its last question.
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
        app.load(on_load, None, results, **quiet)
        results.click(on_asked, None, results, **quiet)
    return app


def answer(board: Board, asked: Any) -> str:
    """
    What the server gives a browser that asks for a view.

    Args:
        board (`Board`):
            What is shown.
        asked (`Any`):
            What the browser sent, or somebody else: `query` of the address, and the `turn` that the answer carries.
    """
    told = asked if isinstance(asked, dict) else {}
    query, turn = told.get("query"), told.get("turn")
    number = turn if isinstance(turn, int) else 0
    return f'<div data-turn="{number:d}">{render(board, query if isinstance(query, str) else "")}</div>'


def launch_settings() -> dict[str, Any]:
    """What `launch` needs besides an address: looks, and headers that keep browsers from loading anything else."""
    require("gradio", extra=EXTRA)
    import gradio
    from starlette.middleware import Middleware

    fonts = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "DejaVu Sans", "sans-serif"]
    return {
        # The system's fonts: a theme's own ones would be fetched for nothing.
        "theme": gradio.themes.Base(font=fonts, font_mono=["ui-monospace", "DejaVu Sans Mono", "monospace"]),
        "css": _text("leaderboard.css"),
        "app_kwargs": {"middleware": [Middleware(PageHeaders)]},
        "footer_links": [],
        "ssr_mode": False,
        "max_file_size": 1,  # nothing is uploaded here
    }


def _text(name: str) -> str:
    return files("synth_builder.studies.leaderboard.pages").joinpath("templates", name).read_text(encoding="utf-8")
