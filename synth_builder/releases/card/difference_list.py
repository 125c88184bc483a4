from collections.abc import Mapping, Sequence

from synth_builder.releases.card.markdown import escaped
from synth_builder.scoring.results.difference import Difference, Question
from synth_builder.scoring.results.scores import Scores

MOST_UNFOLDED = 12
"""A longer list is folded away behind its summary."""

JUDGED = "Better or worse is what test rows and seeds both show; the rest is within noise."

HEADINGS: dict[Question, str] = {
    "gain": "What the synthetic rows add to real ones",
    "variant": "The variants against each other, each alone",
}


def difference_lists(scores: Mapping[str, Scores]) -> list[str]:
    """
    What synthetic rows add to real ones, and the variants against each other, each with its verdict.

    Args:
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some. What was compared with a variant that is not among them, or
            that was scored again since, is not told.

    Returns:
        `list[str]`: A list with its heading each, as Markdown.
    """
    told: dict[Question, list[tuple[str, Difference]]] = {"gain": [], "variant": []}
    for name, each in scores.items():
        for found in each.differences:
            if found.question == "gain":
                told["gain"].append((f"`{name}`, ", found))
            elif found.baseline in scores and _compared_with(scores[found.baseline], each, found):
                told["variant"].append(("", found))
    return [_list(HEADINGS[question], differences) for question, differences in told.items() if differences]


def _compared_with(baseline: Scores, candidate: Scores, found: Difference) -> bool:
    """Whether it is these rows of the baseline that were compared, and they were not scored again since."""
    same_rows = found.baseline_rows in (None, baseline.synthetic.fingerprint)
    return same_rows and baseline.created <= candidate.created


def _list(heading: str, told: Sequence[tuple[str, Difference]]) -> str:
    lines = "\n".join(f"- {of}{escaped(str(found))}" for of, found in told)
    measured = "accuracy in percentage points, with the 95 % interval"
    judged = f"{_correction([found for _, found in told])} {JUDGED}"
    if len(told) <= MOST_UNFOLDED:
        return f"{heading} ({measured}).{judged}\n\n{lines}"
    counts = {verdict: sum(found.verdict == verdict for _, found in told) for verdict in ("better", "worse")}
    noise = len(told) - sum(counts.values())
    summary = f"{heading}: {counts['better']} better, {counts['worse']} worse, {noise} within noise"
    return f"<details>\n<summary>{summary}</summary>\n\n{measured.capitalize()}.{judged}\n\n{lines}\n\n</details>"


def _correction(differences: Sequence[Difference]) -> str:
    """Variants that were scored in several calls have a correction each."""
    counts = sorted({found.compared for found in differences})
    if counts[-1] == 1:
        return ""
    over = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    calls = "" if len(counts) == 1 else " (those of one call of `score` each)"
    return f" Holm's correction over {over} comparisons{calls} was applied."
