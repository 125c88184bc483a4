from collections.abc import Mapping
from typing import Any

from synth_builder.generation.filter_report import rejects_most
from synth_builder.recipes.task import Task
from synth_builder.releases.card.hub_links import linked_model
from synth_builder.releases.card.markdown import escaped, table
from synth_builder.releases.shown_scores import shown_scores
from synth_builder.releases.statistics import SplitStatistics
from synth_builder.scoring.results.early_stopping import early_stopping_note
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.results.table import shown_spread

INTERVAL, BY_WORDS = "95 % interval", "TF-IDF"
"""Columns of scores that files of earlier versions lack."""

Statistics = Mapping[str, Mapping[str, SplitStatistics]]


def variant_table(provenances: Mapping[str, Mapping[str, Any]]) -> str:
    """Variant, strategy, options, model and rows."""
    rows = []
    for name, provenance in provenances.items():
        options = {key: value for key, value in provenance["options"].items() if value is not None and key != "topics"}
        rows.append(
            [
                f"`{name}`",
                f"`{provenance['strategy']}`",
                escaped(", ".join(f"{key}: {value}" for key, value in options.items())),
                provenance["prompt_form"],
                linked_model(provenance["engine"]),
                ", ".join(f"{split} {told['rows']}" for split, told in provenance["splits"].items()),
            ]
        )
    return table(["variant", "strategy", "options", "prompt form", "model", "rows"], rows)


def label_table(statistics: Statistics, task: Task) -> str:
    """Rows of each label."""
    rows = [
        [f"`{name}`", split, *found.labels.values()]
        for name, splits in statistics.items()
        for split, found in splits.items()
    ]
    return table(["variant", "split", *(escaped(label) for label in task.labels)], rows)


def length_table(statistics: Statistics) -> str:
    """Words of each text column."""
    rows = [
        [f"`{name}`", split, escaped(column), found.least, found.median, round(found.mean, 1), found.most]
        for name, splits in statistics.items()
        for split, counted in splits.items()
        for column, found in counted.lengths.items()
    ]
    return table(["variant", "split", "column", "fewest", "median", "mean", "most"], rows)


def rejection_table(provenances: Mapping[str, Mapping[str, Any]]) -> str:
    """Asked, accepted, failed, and rejected by reason."""
    reasons = sorted({reason for provenance in provenances.values() for reason in provenance["tally"]["rejected"]})
    rows = []
    for name, provenance in provenances.items():
        tally = provenance["tally"]
        rows.append(
            [
                f"`{name}`",
                tally["asked"],
                tally["accepted_rows"],
                *(tally["rejected"].get(reason, 0) for reason in reasons),
                tally["failed"],
            ]
        )
    return table(["variant", "asked", "accepted", *reasons, "failed"], rows)


def filter_table(provenances: Mapping[str, Mapping[str, Any]]) -> str:
    """What each filter was shown and rejected; empty when no variant tells."""
    rows = [
        [f"`{name}`", f"`{entry['name']}`", entry["reached"], entry["rejected"], f"{entry['share']:.1%}"]
        for name, provenance in provenances.items()
        for entry in provenance.get("filters", [])
    ]
    return table(["variant", "filter", "reached it", "rejected", "share"], rows) if rows else ""


def filter_warnings(provenances: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each filter that rejected more than half of what reached it."""
    return [
        f"**In `{name}` the filter `{entry['name']}` rejected {entry['share']:.0%} of the rows that reached it** "
        f"({entry['rejected']} of {entry['reached']}). What is left is a small and perhaps lopsided part of what the "
        "model writes; look at the rejections before you use these rows."
        for name, provenance in provenances.items()
        for entry in provenance.get("filters", [])
        if rejects_most(entry)
    ]


def filter_examples(provenances: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each example of a rejection, as Markdown."""
    return [
        f"- `{name}`, `{entry['name']}`, label {escaped(example['label'])}: {escaped(example['detail'])}"
        + (f". Text: {escaped(example['text'])}" if example["text"] is not None else " (the text is not shown)")
        for name, provenance in provenances.items()
        for entry in provenance.get("filters", [])
        for example in entry["examples"]
    ]


def score_table(scores: Mapping[str, Scores]) -> str:
    """
    Accuracy and macro-F1 by variant and regime, the baselines beside them; empty without scores. Intervals and what
    words alone tell have a column where they are known.
    """
    if not scores:
        return ""
    rows = []
    for name, found in scores.items():
        for result in found.results:
            rows.append(
                [
                    f"`{name}`" if result.regime != "real" else "(none)",
                    result.title,
                    str(result.train_rows),
                    shown_spread(result.accuracy),
                    "" if result.accuracy.low is None else f"{result.accuracy.low:.3f} to {result.accuracy.high:.3f}",
                    shown_spread(result.macro_f1),
                    "" if result.tfidf_accuracy is None else f"{result.tfidf_accuracy.mean:.3f}",
                ]
            )
        majority = found.majority
        always = f"always {escaped(majority.label)}"
        rows.append(["(none)", always, "0", f"{majority.accuracy:.3f}", "", f"{majority.macro_f1:.3f}", ""])
        if found.random_guess is not None:
            rows.append(["(none)", "guessing by share", "0", f"{found.random_guess.accuracy:.3f}", "", "", ""])
    unique = [row for position, row in enumerate(rows) if row not in rows[:position]]
    unique.sort(key=lambda row: row[0] == "(none)")
    header = ["variant", "trained on", "rows", "accuracy", INTERVAL, "macro-F1", BY_WORDS]
    shown = [
        at for at, name in enumerate(header) if name not in (INTERVAL, BY_WORDS) or any(row[at] for row in unique)
    ]
    return table([header[at] for at in shown], [[row[at] for at in shown] for row in unique])


def score_notes(scores: Mapping[str, Scores]) -> list[str]:
    """What was trained and tested on what, and what a reader has to know; each line once."""
    notes: list[str] = []
    for found in map(shown_scores, scores.values()):
        seeds = f"mean and standard deviation over {len(found.seeds)} seeds" if len(found.seeds) > 1 else "1 seed"
        notes.append(
            f"Classifier: {escaped(found.trained)}; {seeds}; {found.test.rows} real test rows "
            f"({escaped(found.test.reference)})."
        )
        notes.extend(escaped(note) for note in found.notes)
    if told := early_stopping_note(list(scores.values())):
        notes.append(told)
    results = [result for found in scores.values() for result in found.results]
    if any(result.accuracy.low is not None for result in results):
        notes.append(f"{INTERVAL}: of the mean accuracy, by a bootstrap over test rows and seeds.")
    if any(result.tfidf_accuracy is not None for result in results):
        notes.append(
            f"{BY_WORDS}: mean accuracy of a logistic regression on words and characters that was trained on the "
            "same rows."
        )
    return list(dict.fromkeys(notes))
