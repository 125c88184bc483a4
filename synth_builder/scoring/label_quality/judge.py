import operator
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from synth_builder.errors import ScoringError
from synth_builder.scoring.label_quality.advice import advice
from synth_builder.scoring.label_quality.confident_learning import label_issues
from synth_builder.scoring.label_quality.confusion import confused_pairs
from synth_builder.scoring.label_quality.folds import FOLDS, out_of_sample
from synth_builder.scoring.label_quality.groups import Group, least_agreeing
from synth_builder.scoring.label_quality.real_check import RealCheck, check_with_real_rows
from synth_builder.scoring.label_quality.results import DoubtfulRow, LabelQuality, OfLabel
from synth_builder.scoring.label_quality.share import Share
from synth_builder.scoring.label_quality.verdicts import Verdicts
from synth_builder.scoring.methods.row_classifier import RowClassifier
from synth_builder.scoring.results.scores import RowsUsed
from synth_builder.scoring.rows.leaks import leaked_positions
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.versions import versions_of

if TYPE_CHECKING:
    from synth_builder.scoring.methods.row_classifier import Fit

TOP = 20
NO_ROWS = TextRows((), (), ())


@dataclass(frozen=True)
class Beside:
    """
    What the rows of all variants are judged beside.

    Args:
        dataset (`str`):
            The dataset's name.
        label_names (`Sequence[str]`):
            Labels in the order of the indices.
        real, test (`TextRows`):
            Real training rows and real test rows; there may be none.
        real_reference, test_reference (`str`):
            Where they are from.
        folds (`int`, defaults to 5):
            Parts of the cross-validations.
        top (`int`, defaults to 20):
            Doubtful rows that the results list.
    """

    dataset: str
    label_names: Sequence[str]
    real: TextRows = NO_ROWS
    real_reference: str = "real"
    test: TextRows = NO_ROWS
    test_reference: str = "test"
    folds: int = FOLDS
    top: int = TOP


def check_labels(rows: TextRows, name: str) -> None:
    """
    Make sure that the labels of rows can be judged: a classifier needs two labels, and confident learning two rows of
    each.

    Args:
        rows (`TextRows`):
            The rows.
        name (`str`):
            What the message calls them.

    Raises:
        ScoringError: There are no two such labels.
    """
    counts = Counter(rows.labels)
    if sum(count > 1 for count in counts.values()) < 2:
        raise ScoringError(
            f"The {len(rows)} rows of {name} have {len(counts)} label{'' if len(counts) == 1 else 's'}; to judge them "
            "takes two labels with at least two rows each. Leave the variant out, or build more rows."
        )


def judge_labels(
    variant: str,
    rows: TextRows,
    groups: Sequence[frozenset[Group]],
    beside: Beside,
    classifier: RowClassifier,
    on_rows: Callable[[int], None] | None = None,
) -> tuple[LabelQuality, Verdicts]:
    """
    Find out how far the labels of synthetic rows can be trusted, in two ways that know nothing of each other: what a
    classifier that was trained on real rows says about them, and confident learning among the rows themselves.

    Args:
        variant (`str`):
            Name of the rows.
        rows (`TextRows`):
            Synthetic rows that `check_labels` lets pass.
        groups (`Sequence[frozenset[Group]]`):
            What each row has in common with others; see `groups_of_rows`.
        beside (`Beside`):
            Real rows and settings.
        classifier (`RowClassifier`):
            What is trained.
        on_rows (`Callable[[int], None]`, *optional*):
            Called with the number of rows taken up, in the end `len(real) + len(test) + len(rows)` of them.

    Returns:
        `tuple[LabelQuality, Verdicts]`: The summary, and what was found about each row.

    Raises:
        MissingExtraError: cleanlab is not installed.
    """
    began = time.monotonic()
    names, notes = beside.label_names, list[str]()
    whole = beside.real + beside.test + rows
    fit = classifier.over(whole, len(names), on_rows)
    test = range(len(beside.real), len(beside.real) + len(beside.test))
    synthetic = range(test.stop, len(whole))
    real = _without_test_rows(beside.real, beside.test, f"real training rows of {beside.real_reference!r}", notes)
    check = None
    if len({beside.real.labels[place] for place in real}) > 1:
        check = check_with_real_rows(fit, whole.labels, real, test, synthetic, beside.folds)
    verdicts = _verdicts(rows, names, check, *_among_themselves(fit, synthetic.start, rows, beside, notes))
    notes += _notes_on_real_rows(rows, check, beside)
    reads = _readings(check, rows)
    answers = None
    if beside.test:
        kept = _without_test_rows(rows, beside.test, f"rows of {variant!r}", notes)
        if kept:
            answers = fit([synthetic.start + place for place in kept], test).argmax(axis=1).tolist()
    ranking = verdicts.ranking()
    wrong = [place for place in ranking if verdicts.likely_wrong(place)]
    found = LabelQuality(
        dataset=beside.dataset,
        variant=variant,
        method=classifier.method,
        classifier=classifier.classifier,
        hyperparameters=classifier.hyperparameters,
        synthetic=_used(f"{beside.dataset}:{variant}", rows, names),
        real=_used(beside.real_reference, beside.real.take(real), names) if real else None,
        test=_used(beside.test_reference, beside.test, names) if beside.test else None,
        folds=min(beside.folds, len(rows)),
        real_accuracy=check.accuracy if check else None,
        agreement=Share.of_any(verdicts.agrees.count(True), len(rows) - verdicts.agrees.count(None)),
        issues=Share.of(verdicts.issue.count(True), len(rows) - verdicts.issue.count(None)),
        likely_wrong=Share.of(len(wrong), len(rows)),
        labels=_by_label(rows, names, check, verdicts, reads),
        flagged=len(ranking),
        doubtful=tuple(_doubtful(place, rows, names, check, verdicts, reads) for place in ranking[: beside.top]),
        synthetic_accuracy=None
        if answers is None
        else Share.of(sum(map(operator.eq, beside.test.labels, answers)), len(answers)),
        confused=() if answers is None else confused_pairs(beside.test.labels, answers, names),
        groups=least_agreeing(groups, verdicts.agrees),
        notes=tuple(notes),
        machine=classifier.machine,
        versions=versions_of((*classifier.libraries, "cleanlab")),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began, 3),
    )
    pairs = Counter((verdicts.labels[place], _name(reads[place], names)) for place in wrong)
    return found.model_copy(update={"advice": advice(found, pairs)}), verdicts


def _without_test_rows(rows: TextRows, test: TextRows, name: str, notes: list[str]) -> list[int]:
    """Positions of the rows that may be trained on; what stands in the test rows too is left out, and told."""
    leaked = set(leaked_positions(rows, test))
    if leaked:
        notes.append(
            f"{len(leaked)} of the {len(rows)} {name} stand in the test rows too; nothing that is tested was trained "
            "on them."
        )
    return [position for position in range(len(rows)) if position not in leaked]


def _among_themselves(
    fit: "Fit", start: int, rows: TextRows, beside: Beside, notes: list[str]
) -> tuple[list[float | None], list[bool | None]]:
    """Self-confidence and confident learning; `None` for rows that are the only ones of their label."""
    counts = Counter(rows.labels)
    alone = [beside.label_names[label] for label, count in sorted(counts.items()) if count == 1]
    if alone:
        notes.append(
            f"The only row of {', '.join(map(repr, alone))} was left out of confident learning: there is no other one "
            "to learn the label from."
        )
    places = [place for place, label in enumerate(rows.labels) if counts[label] > 1]
    labels = [rows.labels[place] for place in places]
    probabilities = out_of_sample(fit, [start + place for place in places], labels, beside.folds)
    confidence: list[float | None] = [None] * len(rows)
    issues: list[bool | None] = [None] * len(rows)
    found = label_issues(labels, probabilities)
    for place, label, chances, issue in zip(places, labels, probabilities, found, strict=True):
        confidence[place], issues[place] = float(chances[label]), issue
    return confidence, issues


def _verdicts(
    rows: TextRows,
    names: Sequence[str],
    check: RealCheck | None,
    confidence: list[float | None],
    issues: list[bool | None],
) -> Verdicts:
    agrees: list[bool | None] = [None] * len(rows)
    probability: list[float | None] = [None] * len(rows)
    for place, reading in enumerate(_readings(check, rows)):
        if check is not None and reading is not None:
            label = rows.labels[place]
            agrees[place], probability[place] = reading == label, float(check.probabilities[place, label])
    return Verdicts(rows.ids, [names[label] for label in rows.labels], agrees, probability, confidence, issues)


def _readings(check: RealCheck | None, rows: TextRows) -> list[int | None]:
    """What the real-trained classifier says about each row, where it can say something about the row's label."""
    if check is None:
        return [None] * len(rows)
    answers = check.probabilities.argmax(axis=1)
    return [int(answer) if label in check.known else None for answer, label in zip(answers, rows.labels, strict=True)]


def _notes_on_real_rows(rows: TextRows, check: RealCheck | None, beside: Beside) -> list[str]:
    names, notes = beside.label_names, []
    if check is None:
        notes.append(
            "There are no real training rows of two labels, so nothing real speaks for or against the labels; give "
            "rows with --real."
        )
    elif unknown := [names[label] for label in sorted(set(rows.labels) - check.known)]:
        notes.append(
            f"No real training row has the label {', '.join(map(repr, unknown))}, so the real-trained classifier says "
            "nothing about its rows."
        )
    if not beside.test:
        notes.append(
            "There are no real test rows, so it is not known what a classifier trained on these rows confuses; give "
            "rows with --test."
        )
    return notes


def _by_label(
    rows: TextRows, names: Sequence[str], check: RealCheck | None, verdicts: Verdicts, reads: Sequence[int | None]
) -> tuple[OfLabel, ...]:
    found = []
    for label, count in sorted(Counter(rows.labels).items()):
        places = [place for place, one in enumerate(rows.labels) if one == label]
        others = Counter(names[read] for place in places if (read := reads[place]) is not None and read != label)
        issues = [verdicts.issue[place] for place in places]
        agrees = [verdicts.agrees[place] for place in places]
        found.append(
            OfLabel(
                label=names[label],
                rows=count,
                agreement=Share.of_any(agrees.count(True), count - agrees.count(None)),
                real_right=check.right_by_label.get(label) if check else None,
                read_as=dict(others.most_common()),
                issues=None if None in issues else issues.count(True),
                likely_wrong=sum(map(verdicts.likely_wrong, places)),
            )
        )
    return tuple(found)


def _doubtful(
    place: int,
    rows: TextRows,
    names: Sequence[str],
    check: RealCheck | None,
    verdicts: Verdicts,
    reads: Sequence[int | None],
) -> DoubtfulRow:
    read = reads[place]
    return DoubtfulRow(
        id=rows.ids[place],
        texts=rows.texts[place],
        label=verdicts.labels[place],
        reads_as=_name(read, names),
        reads_as_probability=None if check is None or read is None else float(check.probabilities[place, read]),
        real_probability=verdicts.real_probability[place],
        self_confidence=verdicts.self_confidence[place],
        agrees=verdicts.agrees[place],
        issue=verdicts.issue[place],
        likely_wrong=verdicts.likely_wrong(place),
    )


def _name(label: int | None, names: Sequence[str]) -> str | None:
    return None if label is None else names[label]


def _used(reference: str, rows: TextRows, names: Sequence[str]) -> RowsUsed:
    return RowsUsed(
        reference=reference, rows=len(rows), label_counts=rows.label_counts(names), fingerprint=rows.fingerprint()
    )
