from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.pages.comparison_page import comparison_page
from synth_builder.studies.leaderboard.pages.entry_page import entry_page
from synth_builder.studies.leaderboard.pages.page_templates import filled
from synth_builder.studies.leaderboard.pages.selection import MOST_CHOICES, choices, select
from synth_builder.studies.leaderboard.pages.view import View

MEASURE_NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}

_FILTERS = {
    "task": "Task",
    "model": "Model",
    "strategy": "Strategy",
    "classifier": "Classifier",
    "regime": "Trained on",
}
_COLUMNS = {
    "rank": "Rank",
    "variant": "Rows made by",
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "task": "Task",
    "regime": "Trained on",
    "classifier": "Classifier",
    "model": "Model",
    "rows": "Rows",
    "study": "Study",
}


def render(board: Board, query: str) -> str:
    """
    The page of an address.

    Args:
        board (`Board`):
            What is shown.
        query (`str`):
            The query of the address; anything that is not understood is left out.

    Returns:
        `str`: HTML in which everything that results files hold is escaped.
    """
    view = View.parse(query)
    if view.entry:
        entry = board.by_id.get(view.entry)
        return filled("missing", view=view) if entry is None else entry_page(board, view, entry)
    chosen = board.by_id.get(view.compare) if view.compare else None
    if view.compare and chosen is None:
        return filled("missing", view=view)
    if chosen is not None and view.other:
        other = board.by_id.get(view.other)
        return filled("missing", view=view) if other is None else comparison_page(board, view, chosen, other)
    return filled(
        "ranking",
        board=board,
        view=view,
        chosen=chosen,
        selection=select(board, view),
        columns=_COLUMNS,
        measure_name=MEASURE_NAMES[view.measure],
    )


def render_filters(board: Board) -> str:
    """What stands above the table: the title and the form with the filters."""
    offered = choices(board)
    return filled(
        "filters",
        board=board,
        labels=_FILTERS,
        choices=offered,
        most=MOST_CHOICES,
        cut=[_FILTERS[name].casefold() for name, values in offered.items() if len(values) == MOST_CHOICES],
    )
