import logging
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from synth_builder.studies.leaderboard.board.content_hash import content_hash
from synth_builder.studies.leaderboard.board.entries import Entry, entries_of
from synth_builder.studies.leaderboard.board.ranking import Rank, ranked
from synth_builder.studies.leaderboard.board.results_files import find_results, understood
from synth_builder.studies.leaderboard.validation.plausibility import implausible
from synth_builder.studies.results.study_results import StudyResults

logger = logging.getLogger(__name__)

Measure = Literal["accuracy", "macro_f1"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


class Board:
    """
    Everything that the leaderboard shows.

    Args:
        studies (`Iterable[tuple[str, StudyResults]]`):
            File and what it holds.
        notices (`Iterable[str]`, defaults to none):
            What a reader has to know: files that are not shown.
    """

    def __init__(self, studies: Iterable[tuple[str, StudyResults]], notices: Iterable[str] = ()) -> None:
        self.studies = dict(studies)
        self.notices = tuple(notices)
        self.entries = tuple(entries_of(self.studies.items()))
        self.by_id = {entry.id: entry for entry in self.entries}
        groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
        for entry in self.entries:
            groups[entry.group].append(entry)
        self._groups = dict(groups)
        self._ranks: dict[tuple[str, Measure], Rank | None] = {
            (entry.id, measure): rank
            for together in groups.values()
            for measure in MEASURES
            for entry, rank in zip(together, ranked([getattr(each, measure) for each in together]), strict=True)
        }

    def rank(self, entry: Entry, measure: Measure) -> Rank | None:
        """Where an entry stands among those of the same task, classifier and regime; `None` without an interval."""
        return self._ranks[entry.id, measure]

    def together(self, entry: Entry) -> list[Entry]:
        """All entries that it is ranked with, itself among them."""
        return self._groups[entry.group]

    def results(self, entry: Entry) -> StudyResults:
        """The study that an entry is of."""
        return self.studies[entry.file]


def read_board(source: str | Path) -> Board:
    """
    Read all results at one place. What can't be read, or can't be true, is told by a warning and a notice; the rest is
    shown.

    Args:
        source (`str` or `Path`):
            A file, a folder, or `owner/name[@revision]` of a dataset repository on the Hub.

    Raises:
        StudyError: There is nothing of that name.
        PublishError: The Hub can't be reached, or does not show the repository.
    """
    studies: dict[str, StudyResults] = {}
    notices = []
    known: dict[str, str] = {}
    for found in find_results(source):
        results, problem = (None, found.problem) if found.content is None else understood(found.content)
        if results is not None:
            if wrong := implausible(results):
                problem = wrong[0] + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else "")
            elif (key := content_hash(results)) in known:
                problem = f"it holds the same results as {known[key]}"
            else:
                known[key] = found.name
                studies[found.name] = results
        if problem:
            notices.append(f"{found.name} is not shown: {problem}.")
            logger.warning("%r is not shown: %r.", found.name, problem)
    if not studies and not notices:
        notices.append("There are no results here yet: no results.json was found.")
    return Board(studies.items(), notices)
