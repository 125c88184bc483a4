from collections.abc import Iterator

from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.board.entries import Entry
from synth_builder.studies.leaderboard.board.ranking import Interval
from synth_builder.studies.leaderboard.pages.page_templates import filled
from synth_builder.studies.leaderboard.pages.view import View

NOT_TOLD_APART = "not told apart"
NOT_KNOWN = "not known"


def verdict(one: Interval, two: Interval) -> str:
    """
    What two intervals say: the second is higher or lower, or they overlap and the two are not told apart; `not known`
    where one has no interval.
    """
    overlap = one.overlaps(two)
    if overlap is None:
        return NOT_KNOWN
    if overlap:
        return NOT_TOLD_APART
    return "higher" if two.mean > one.mean else "lower"


def comparison_page(board: Board, view: View, one: Entry, two: Entry) -> str:
    """
    Two entries side by side.

    Args:
        board (`Board`):
            Where they stand.
        view (`View`):
            What the visitor looks at; links lead back to it.
        one (`Entry`):
            The first.
        two (`Entry`):
            The second; differences are this one minus the first.
    """
    first_name, second_name = _names(one, two)
    found = verdict(one.accuracy, two.accuracy)
    difference = f"{100 * (two.accuracy.mean - one.accuracy.mean):+.1f} points of accuracy"
    because = {
        NOT_TOLD_APART: "Their 95 % intervals overlap, so they are not told apart.",
        NOT_KNOWN: "At least one of them has no 95 % interval, so nothing tells whether they differ.",
    }.get(found, f"Their 95 % intervals do not overlap: it is {found}.")
    ends = [interval.ends for interval in (one.accuracy, two.accuracy, one.macro_f1, two.macro_f1)]
    return filled(
        "comparison",
        view=view,
        one=one,
        two=two,
        first_name=first_name,
        second_name=second_name,
        sentence=f"{second_name} against {first_name}: {difference}. {because}",
        warnings=list(_warnings(board, one, two)),
        paired=list(_paired(board, one, two)),
        facts=[
            (name, getattr(one, field) or "none", getattr(two, field) or "none")
            for name, field in (
                ("Study", "study"),
                ("Task", "task"),
                ("Model", "model"),
                ("Engine", "engine"),
                ("Strategy", "strategy"),
                ("Classifier", "classifier"),
                ("Trained on", "regime"),
            )
        ]
        + [("Training rows", f"{one.rows:,}", f"{two.rows:,}"), ("Seeds", str(one.seeds), str(two.seeds))],
        measures=[
            ("Accuracy", one.accuracy, two.accuracy, found),
            ("Macro-F1", one.macro_f1, two.macro_f1, verdict(one.macro_f1, two.macro_f1)),
        ],
        shared=_shared(board, one, two),
        low=min(low for low, _ in ends),
        high=max(high for _, high in ends),
    )


def _names(one: Entry, two: Entry) -> tuple[str, str]:
    """What tells the two apart, where their titles do not."""
    if one.title != two.title:
        return one.title, two.title
    for field in ("model", "study", "task", "classifier", "regime"):
        if getattr(one, field) != getattr(two, field):
            return f"{one.title} ({getattr(one, field)})", f"{two.title} ({getattr(two, field)})"
    return f"{one.title} (first)", f"{two.title} (second)"


def _warnings(board: Board, one: Entry, two: Entry) -> Iterator[str]:
    first, second = (board.results(each).task(each.named[0]) for each in (one, two))
    if first.test_fingerprint != second.test_fingerprint:
        yield "They were tested on different rows, so their difference says nothing about how the rows were made."
    elif first.real_fingerprint != second.real_fingerprint and {one.cell.regime, two.cell.regime} != {"synthetic"}:
        yield "Their studies drew real training rows from different sets, which is a part of the difference."
    if one.classifier != two.classifier:
        yield "They were trained by different classifiers, which is a part of the difference."


def _paired(board: Board, one: Entry, two: Entry) -> Iterator[str]:
    """What their study found with paired tests, where it compared the two: it knows more than two intervals do."""
    if one.file != two.file or one.named[:2] != two.named[:2]:
        return
    for difference in board.results(one).differences:
        if (difference.task, difference.classifier) != one.named[:2]:
            continue
        for first, second in ((one, two), (two, one)):
            if difference.asked == "variant":
                both_alone = first.regime == second.regime == "synthetic"
                fits = both_alone and (difference.baseline, difference.candidate) == (first.named[2], second.named[2])
            else:
                fits = (
                    (difference.baseline, difference.candidate) == (first.regime, second.regime)
                    and second.named[2] == difference.variant
                    and first.named[2] in (None, difference.variant)
                )
            if fits:
                points = (
                    f"{100 * difference.difference:+.1f} points [{100 * difference.low:+.1f}, "
                    f"{100 * difference.high:+.1f}]"
                )
                yield (
                    f"Their study compared them row by row: {difference.candidate} against {difference.baseline}: "
                    f"{points}, {difference.verdict} after Holm's correction."
                )


def _shared(board: Board, one: Entry, two: Entry) -> list[tuple[Entry, Entry, str]]:
    """Entries of both variants in one group each: everywhere that both were tried, but for real rows alone."""
    if one.variant is None or two.variant is None or (one.file, one.variant) == (two.file, two.variant):
        return []
    first = {entry.group: entry for entry in board.entries if (entry.file, entry.variant) == (one.file, one.variant)}
    found = []
    for entry in board.entries:
        if (entry.file, entry.variant) == (two.file, two.variant) and entry.group in first:
            other = first[entry.group]
            found.append((other, entry, verdict(other.accuracy, entry.accuracy)))
    return found
