from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from synth_builder.publishing.compare import changes, verdict
from synth_builder.publishing.making import Setting, made_differently
from synth_builder.publishing.release_notes import lines_of
from synth_builder.publishing.row_comparison import Diversity, RowComparison, compare_rows
from synth_builder.publishing.sides import Side
from synth_builder.publishing.state import State
from synth_builder.publishing.version import Bump
from synth_builder.scoring.statistics.paired_scores import PairedScores, pair_scores


@dataclass(frozen=True)
class SplitDifference:
    """
    What became of one split of a variant.

    Args:
        rows_before, rows_after (`int`):
            How many rows it has; 0 where it is not there.
        stayed, new, gone (`int`):
            Rows on both sides, on the later one only, on the earlier one only, by texts and label.
        labels_before, labels_after (`Mapping[str, int]`):
            Label -> rows.
        diversity_before, diversity_after (`Diversity`, *optional*):
            On equally large samples; `None` where the rows are the same, or on one side only.
    """

    rows_before: int
    rows_after: int
    stayed: int
    new: int
    gone: int
    labels_before: Mapping[str, int]
    labels_after: Mapping[str, int]
    diversity_before: Diversity | None = None
    diversity_after: Diversity | None = None

    @property
    def same(self) -> bool:
        """Whether texts and labels are the same."""
        return not self.new and not self.gone


@dataclass(frozen=True)
class VariantDifference:
    """
    What became of a variant that both sides have.

    Args:
        splits (`Mapping[str, SplitDifference]`):
            By the name of the split.
        making (`tuple[Setting, ...]`):
            What is different in how it was made.
        scores (`PairedScores`, *optional*):
            Whether classifiers trained on it are better now; `None` where a side has no scores.
    """

    splits: Mapping[str, SplitDifference]
    making: tuple[Setting, ...]
    scores: PairedScores | None


@dataclass(frozen=True)
class Difference:
    """
    What is different between two releases.

    Args:
        before, after (`str`):
            What was compared.
        variants (`Mapping[str, VariantDifference]`):
            Variants that both have.
        added, gone (`tuple[str, ...]`):
            Variants that only the later, or only the earlier one has.
        changes (`tuple[str, ...]`):
            What the changelog would say, a line of Markdown each.
        verdict (`"major"`, `"minor"` or `"patch"`, *optional*):
            The smallest bump that the rule for versions allows; `None` where nothing changed, or where the rule can't
            be asked.
        problem (`str`, *optional*):
            Why the later one could not be published as the next version of the earlier one.
    """

    before: str
    after: str
    variants: Mapping[str, VariantDifference]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    changes: tuple[str, ...]
    verdict: Bump | None
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def difference(before: Side, after: Side, *, merged: State | None = None, problem: str | None = None) -> Difference:
    """
    Compare two releases. Rows are read only of splits that are not the same.

    Args:
        before (`Side`):
            The earlier one.
        after (`Side`):
            The later one.
        merged (`State`, *optional*):
            What would be published, where the later one is a release folder: variants that it does not hold stay.
        problem (`str`, *optional*):
            Why that release folder can't be published.

    Raises:
        PublishError: Rows or scores can't be read.
    """
    found = [] if problem else changes(before.state, merged or after.state)
    old, new = before.state.provenances, after.state.provenances
    partial = merged is not None or problem is not None  # a release folder may hold some of the variants only
    old_scores, new_scores = before.state.read_scores(), after.state.read_scores()
    return Difference(
        before=before.name,
        after=after.name,
        variants={
            name: VariantDifference(
                splits=dict(_splits(before, after, name)),
                making=made_differently(old[name], new[name]),
                scores=pair_scores(old_scores[name], new_scores[name])
                if name in old_scores and name in new_scores
                else None,
            )
            for name in new
            if name in old
        },
        added=tuple(name for name in new if name not in old),
        gone=() if partial else tuple(name for name in old if name not in new),
        changes=tuple(lines_of(found)),
        verdict=verdict(found) if found else None,
        problem=problem,
    )


def _splits(before: Side, after: Side, variant: str) -> Iterator[tuple[str, SplitDifference]]:
    old, new = (side.state.provenances[variant]["splits"] for side in (before, after))
    same_names = before.state.provenances[variant]["task"] == after.state.provenances[variant]["task"]
    for split in {**old, **new}:
        one, other = old.get(split), new.get(split)
        rows_before, rows_after = (told["rows"] if told else 0 for told in (one, other))
        labels_before, labels_after = (told["statistics"]["labels"] if told else {} for told in (one, other))
        found: RowComparison | None = None
        stayed, added, gone = 0, rows_after, rows_before
        if one and other:
            if same_names and one["rows_sha256"] == other["rows_sha256"]:
                stayed, added, gone = rows_after, 0, 0
            else:
                found = compare_rows(before.rows(variant, split), after.rows(variant, split))
                stayed, added, gone = found.stayed, found.new, found.gone
        measured = found if added or gone else None
        yield (
            split,
            SplitDifference(
                rows_before=rows_before,
                rows_after=rows_after,
                stayed=stayed,
                new=added,
                gone=gone,
                labels_before=labels_before,
                labels_after=labels_after,
                diversity_before=measured.before if measured else None,
                diversity_after=measured.after if measured else None,
            ),
        )
