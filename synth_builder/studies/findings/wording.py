"""Numbers of findings in words."""

from collections.abc import Sequence

from synth_builder.studies.findings.over_tasks import OverTasks


def points(value: float) -> str:
    """A difference of accuracies: `+2.3 points`."""
    return f"{100 * value:+.1f} points"


def in_points(found: OverTasks) -> str:
    """A mean difference of accuracies with its interval."""
    if found.low is None or found.high is None:
        return f"{points(found.mean)} (one task)"
    return f"{points(found.mean)} [{100 * found.low:+.1f}, {100 * found.high:+.1f}] over {len(found.by_task)} tasks"


def in_numbers(found: OverTasks) -> str:
    """A mean difference of a measure with its interval."""
    if found.low is None or found.high is None:
        return f"{found.mean:+.3f} (one task)"
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}] over {len(found.by_task)} tasks"


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
