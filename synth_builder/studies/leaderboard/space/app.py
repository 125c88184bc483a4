import os
from pathlib import Path

from synth_builder.errors import SynthBuilderError
from synth_builder.studies.leaderboard.app import launch_settings, leaderboard_app
from synth_builder.studies.leaderboard.board.board import Board, read_board

VARIABLE = "LEADERBOARD_RESULTS"
HERE = Path(__file__).resolve().parent / "results"


def board() -> Board:
    """
    What the Space shows: the results that the variable names, or those in the folder `results` beside this file. What
    is wrong with that stands on the page, where the one who made the Space sees it.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named and not HERE.is_dir():
        return Board(
            (), [f"This leaderboard has no results yet: set {VARIABLE} to owner/name of a dataset with them."]
        )
    try:
        return read_board(named or HERE)
    except SynthBuilderError as error:
        return Board((), [f"The results can't be read: {error}"])


if __name__ == "__main__":
    leaderboard_app(board()).launch(**launch_settings())
