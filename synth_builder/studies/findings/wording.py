"""Numbers of findings in words."""

from collections.abc import Callable, Sequence

from synth_builder.studies.findings.over_tasks import OverTasks


def points(value: float) -> str:
    """A difference of accuracies, in points: `+2.3`."""
    return f"{100 * value:+.1f}"


def in_points(found: OverTasks) -> str:
    """A mean difference of accuracies with its interval."""
    return f"{points(found.mean)} points {over(found, points)}"


def in_numbers(found: OverTasks) -> str:
    """A mean difference of a measure with its interval."""
    return f"{found.mean:+.3f} {over(found, '{:+.3f}'.format)}"


def over(found: OverTasks, written: Callable[[float], str]) -> str:
    """
    The interval of a mean, and over how many tasks it is.

    Args:
        found (`OverTasks`):
            The mean.
        written (`Callable[[float], str]`):
            How a number is written.
    """
    if found.low is None or found.high is None:
        return "(one task)"
    if found.same:
        return f"(the same number in all {len(found.by_task)} tasks, so there is no interval)"
    return f"[{written(found.low)}, {written(found.high)}] over {len(found.by_task)} tasks"


def numbers_of(found: OverTasks, prefix: str = "") -> dict[str, float | None]:
    """Mean, interval and number of tasks, by name."""
    start = f"{prefix}, " if prefix else ""
    return {
        f"{start}mean": found.mean,
        f"{start}low": found.low,
        f"{start}high": found.high,
        f"{start}tasks": float(len(found.by_task)),
    }


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def numbered(count: int, word: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
