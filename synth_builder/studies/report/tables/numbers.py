"""Numbers as tables show them."""

from synth_builder.scoring.results.regime_scores import Spread

ABSENT = "-"


def share(value: float | None) -> str:
    """`0.534`."""
    return ABSENT if value is None else f"{value:.3f}"


def interval(spread: Spread | None) -> str:
    """`0.496 to 0.559`."""
    return (
        ABSENT
        if spread is None or spread.low is None or spread.high is None
        else f"{spread.low:.3f} to {spread.high:.3f}"
    )


def p_value(value: float) -> str:
    """`0.012`, or `< 0.001`."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
