"""What a card tells of a variant's rows that takes comparing or reading them: measured on a bounded, seeded sample."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_builder.errors import MissingExtraError
from synth_builder.filters.language import language_detector, too_short_to_tell
from synth_builder.filters.near_duplicates import NearDuplicateIndex
from synth_builder.filters.refusal import refusal_in
from synth_builder.filters.verification import VerificationOptions
from synth_builder.recipes.filter_spec import FilterSpec
from synth_builder.recipes.task import Task
from synth_builder.releases.sampled_rows import SEED, sampled_rows

AT_BUILD = 500
"""Rows that `build` looks at: about a tenth of a second, which a build of 20,000 rows does not feel."""
AT_MOST = 20_000
"""Rows that `card` looks at."""
NEAR = 0.7
# A text of fewer letters, or a language that the detector is less sure of, is counted as not told.
LEAST_LETTERS, LEAST_CONFIDENCE = 20, 0.5


def row_measures(
    files: Mapping[str, Sequence[Path]],
    task: Task,
    most: int,
    *,
    flagged: VerificationOptions | None = None,
    languages: bool = False,
) -> dict[str, Any]:
    """
    Near duplicates, refusals, confirmed labels and languages among the rows of a variant, as plain JSON values.

    Args:
        files (`Mapping[str, Sequence[Path]]`):
            Split -> its parquet files.
        task (`Task`):
            Says which columns are texts.
        most (`int`):
            Rows to look at; drawn at random where there are more.
        flagged (`VerificationOptions`, *optional*):
            How labels were checked, where rows that were not confirmed stayed.
        languages (`bool`, defaults to `False`):
            Whether languages are told, where the package for it is installed.
    """
    total, rows = sampled_rows(files, task, most, checks=flagged is not None)
    texts = [row.text for row in rows]
    found: dict[str, Any] = {
        "rows": len(rows),
        "of": total,
        "seed": SEED,
        "near_duplicates": {"share_of_words": NEAR, "rows": near_duplicates(texts, NEAR)},
        "refusals": sum(any(map(refusal_in, row.texts)) for row in rows),
    }
    if flagged is not None:
        agreements = [row.agreement for row in rows if row.agreement is not None]
        confirmed = sum(_confirmed(agreement, flagged) for agreement in agreements)
        found["labels"] = {"checked": len(agreements), "confirmed": confirmed}
    if languages and (told := _languages(texts)) is not None:
        found["languages"] = told
    return found


def flagged_by(filters: Sequence[FilterSpec]) -> VerificationOptions | None:
    """How labels were checked, when rows whose label was not confirmed stayed."""
    for spec in filters:
        if spec.name == "verification":
            options = VerificationOptions.model_validate(spec.options)
            return options if options.action == "flag" else None
    return None


def near_duplicates(texts: Sequence[str], threshold: float) -> int:
    """How many of the texts share so many of their words (Jaccard) with another one of them."""
    index = NearDuplicateIndex(threshold)
    near: set[int] = set()
    for number, text in enumerate(texts):
        found = index.find(text)
        if found is not None:
            near |= {number, found[0]}
        index.add(text)
    return len(near)


def _languages(texts: Sequence[str]) -> dict[str, int] | None:
    """Language -> texts, the most frequent first; empty for those that can't be told. `None` without the package."""
    try:
        detector = language_detector()
    except MissingExtraError:
        return None  # the card then says nothing of languages
    counts: Counter[str] = Counter()
    for text in texts:
        told = ""
        if not too_short_to_tell(text, LEAST_LETTERS):
            (found,) = detector.detect(" ".join(text.split()), k=1)
            told = str(found["lang"]) if found["score"] >= LEAST_CONFIDENCE else ""
        counts[told] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _confirmed(agreement: float, options: VerificationOptions) -> bool:
    if options.by == "classifier":
        return agreement >= options.min_probability
    return agreement > 0.5 if options.min_agreement is None else agreement >= options.min_agreement
