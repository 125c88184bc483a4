from pathlib import Path
from typing import Any

from synth_builder.distributed.duplicates.keyed_duplicates import KeyedDuplicates
from synth_builder.distributed.records import RecordedCandidate
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.filters.duplicates import Duplicates
from synth_builder.generation.setup import Setup


class _Recorded(Filter[FilterOptions]):
    """Says what the filter of its name said of a row in the shard."""

    def check(self, candidate: Candidate) -> Objection | None:
        """As it was written down."""
        assert isinstance(candidate, RecordedCandidate)  # read from a shard's records
        return candidate.objections.get(self.name)

    def measures(self, candidate: Candidate) -> dict[str, float]:
        """As they were written down."""
        assert isinstance(candidate, RecordedCandidate)  # read from a shard's records
        return candidate.measured.get(self.name, {})


def recorded_filters(setup: Setup, work: Path) -> list[Filter[Any]]:
    """
    The filters of a variant for rows that shards have looked at. Those that remember rows decide now; what the others
    said stands in the records.

    Args:
        setup (`Setup`):
            What is generated.
        work (`Path`):
            Folder for what is sorted on the way.
    """
    remembering = setup.filters(wanted=lambda one: one.remembers and not issubclass(one, Duplicates))
    by_name = {one.name: one for one in remembering}
    made: list[Filter[Any]] = []
    for filter_class, options in setup.filter_classes():
        if issubclass(filter_class, Duplicates):
            made.append(KeyedDuplicates(options, setup.recipe.task, work))
        elif filter_class.remembers:
            made.append(by_name[filter_class.name])
        else:
            told = {"name": filter_class.name, "shows_rejected": filter_class.shows_rejected}
            made.append(
                type(f"Recorded{filter_class.__name__}", (_Recorded,), told)(FilterOptions(), setup.recipe.task)
            )
    return made
