from collections.abc import Sequence

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import REGIMES, Regime
from synth_builder.scoring.rows.leaks import leaked_positions
from synth_builder.scoring.rows.text_rows import TextRows

DEFAULT_REAL_ROWS = 100


def choose_regimes(
    asked: Sequence[Regime] | None, real: TextRows | None, given_with: str
) -> tuple[tuple[Regime, ...], list[str]]:
    """
    What to train on: what was asked for, else all that the data allow.

    Args:
        asked (`Sequence[str]`, *optional*):
            The regimes that the user wants.
        real (`TextRows`, *optional*):
            Real training rows.
        given_with (`str`):
            How the user gives real training rows, for messages: a flag or an argument.

    Returns:
        `tuple[tuple[str, ...], list[str]]`: The regimes, and a note on those that were left out.

    Raises:
        ScoringError: A regime needs real rows, and there are none.
    """
    if asked is None:
        if real is not None:
            return REGIMES, []
        return ("synthetic",), [
            "There are no real training rows, so the regimes real and augmented were left out; give rows with "
            f"{given_with}."
        ]
    needing = [regime for regime in asked if regime != "synthetic"]
    if needing and real is None:
        raise ScoringError(
            f"The regimes {', '.join(needing)} need real training rows, and there are none; give them with "
            f"{given_with}, or ask for the regime synthetic alone."
        )
    return tuple(asked), []


def choose_real_rows(asked: Sequence[int] | None, real: TextRows | None, test: TextRows) -> tuple[int, ...]:
    """
    How many real rows to train on: what was asked for, else 100, or all where there are fewer that are no test rows.

    Args:
        asked (`Sequence[int]`, *optional*):
            The numbers that the user wants.
        real (`TextRows`, *optional*):
            Real training rows.
        test (`TextRows`):
            Real test rows.
    """
    if asked is not None:
        return tuple(asked)
    kept = 0 if real is None else len(real) - len(leaked_positions(real, test))
    return (max(1, min(DEFAULT_REAL_ROWS, kept)),)
