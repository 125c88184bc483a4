import re
from collections.abc import Sequence
from typing import Literal

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task

RUN = 6  # words in a row that two texts do not share by chance


class LabelLeakageOptions(FilterOptions):
    """
    Options of `label_leakage`.

    Args:
        words (`"unnatural"` or `"all"`, defaults to `"unnatural"`):
            Which labels may not be mentioned at all: those that nobody writes in a text of their own
            (`not_entailment`, `label_3`), or all. A natural word such as `sports` belongs into texts about it.
    """

    words: Literal["unnatural", "all"] = "unnatural"


class LabelLeakage(Filter[LabelLeakageOptions]):
    """
    Rejects rows that give their label away: as a tag ("Label: positive", "(positive)" at an end), by mentioning a
    label that is no natural word, or by repeating six words of a label's description.
    """

    name = "label_leakage"
    Options = LabelLeakageOptions

    def __init__(self, options: LabelLeakageOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        named = [label for label in task.labels if any(letter.isalnum() for letter in label)]
        any_label = "|".join(_spelled(label) for label in sorted(named, key=len, reverse=True)) or "(?!)"
        column = re.escape(task.label_column)
        self._tags = [
            re.compile(
                rf"\b(?:label|category|class|sentiment|{column})\s*(?::|=|is)\s*\W?(?:{any_label})\b", re.IGNORECASE
            ),
            re.compile(rf"[\(\[](?:{any_label})[\)\]]\W*$", re.IGNORECASE),
            re.compile(rf"^\W*[\(\[](?:{any_label})[\)\]]", re.IGNORECASE),
            re.compile(rf"^(?:{any_label})\s*:", re.IGNORECASE),
        ]
        forbidden = [label for label in named if options.words == "all" or not _natural(label)]
        self._forbidden = (
            re.compile(rf"\b(?:{'|'.join(_spelled(label) for label in forbidden)})\b", re.IGNORECASE)
            if forbidden
            else None
        )
        self._described = {run for meaning in task.labels.values() for run in _runs(meaning) if len(run) == RUN}

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `label_leakage`."""
        for column, text in candidate.columns.items():
            for pattern in (*self._tags, self._forbidden):
                found = pattern.search(text) if pattern else None
                if found:
                    return Objection("label_leakage", f"{column} gives a label away: {found[0]!r}")
            repeated = next((run for run in _runs(text) if run in self._described), None)
            if repeated:
                return Objection(
                    "label_leakage", f"{column} repeats the description of a label: {' '.join(repeated)!r}"
                )
        return None


def _runs(text: str) -> list[tuple[str, ...]]:
    """Each run of so many words, in lower case; a shorter text is one run."""
    words = tuple(re.findall(r"\w+", text.casefold()))
    return [words[start : start + RUN] for start in range(max(1, len(words) - RUN + 1))]


def _natural(label: str) -> bool:
    """Words and numbers as people write them, also several: not `label_3`, not `camelCase`."""
    return all(
        word.isdigit() or (word.isalpha() and word in (word.lower(), word.upper(), word.title()))
        for word in label.split()
    )


def _spelled(label: str) -> str:
    """A label as it may be written in a text: `_` and `-` also as a space."""
    return r"[\s_-]".join(re.escape(part) for part in re.split(r"[\s_-]+", label) if part)
