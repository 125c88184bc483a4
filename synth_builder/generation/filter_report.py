from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from synth_builder.filters.base import Candidate, Filter, Objection

EXAMPLES = 5
LONGEST_EXAMPLE = 200  # characters


@dataclass
class FilterCount:
    """
    What one filter did.

    Args:
        reached (`int`, defaults to 0):
            Rows that it was shown; those that an earlier filter rejected are not among them.
        rejected (`int`, defaults to 0):
            Rows that it rejected.
        examples (`list[dict[str, Any]]`):
            Its first rejections: label, reason, detail, and the text where it may be shown.
    """

    reached: int = 0
    rejected: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


class FilterReport:
    """
    Counts, filter by filter, how many rows it was shown and how many it rejected, and keeps a few of those.

    Args:
        filters (`Iterable[Filter]`):
            The filters, in the order in which they are asked.
    """

    def __init__(self, filters: Iterable[Filter[Any]]) -> None:
        self._counts: dict[str, FilterCount] = {}
        self._silent: set[str] = set()
        for one in filters:
            self._counts[one.name] = FilterCount()
            if not one.shows_rejected:
                self._silent.add(one.name)

    def seen(self, name: str) -> None:
        """Count a row that was shown to a filter."""
        self._counts[name].reached += 1

    def rejected(self, name: str, candidate: Candidate, objection: Objection) -> None:
        """Count a row that a filter rejected; the first few are kept as examples."""
        count = self._counts[name]
        count.rejected += 1
        if len(count.examples) < EXAMPLES:
            text = None if name in self._silent else _short("\n".join(candidate.columns.values()))
            count.examples.append(
                {"label": candidate.label, "reason": objection.reason, "detail": objection.detail, "text": text}
            )

    def to_list(self) -> list[dict[str, Any]]:
        """The report as plain JSON values, in the order of the filters, for the provenance."""
        return [
            {
                "name": name,
                "reached": count.reached,
                "rejected": count.rejected,
                "share": round(count.rejected / count.reached, 4) if count.reached else 0.0,
                "examples": count.examples,
            }
            for name, count in self._counts.items()
        ]


def rejects_most(entry: dict[str, Any]) -> bool:
    """Whether a filter of a report rejected more than half of the rows that it was shown."""
    return bool(2 * entry["rejected"] > entry["reached"])


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"
