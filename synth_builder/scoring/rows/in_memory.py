from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from synth_builder.errors import ScoringError
from synth_builder.recipes.row_terms import ColumnTerms
from synth_builder.recipes.task import RESERVED_COLUMNS
from synth_builder.scoring.given_values import word, words
from synth_builder.scoring.rows.given_dataset import GivenDataset
from synth_builder.scoring.rows.label_agreement import agreed_label_names, with_label_names
from synth_builder.scoring.rows.source import text_columns_of, text_rows, told_texts
from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    from datasets import Dataset

TextColumns: TypeAlias = str | Sequence[str] | None


@dataclass(frozen=True)
class Columns:
    """
    Where texts and labels stand in rows that somebody gave.

    Args:
        text_columns (`str` or `Sequence[str]`, *optional*):
            One text column, or the two of a pair. All columns of texts but `id`, `provenance` and the label when not
            given.
        label_column (`str`, defaults to `"label"`):
            The column of the labels.
        real_text_columns (`str` or `Sequence[str]`, *optional*):
            What the text columns are called in the real rows, in the same order. The same when not given.
        real_label_column (`str`, *optional*):
            What the column of the labels is called in the real rows. The same when not given.

    Raises:
        ScoringError: One is no text and no list of texts.
    """

    text_columns: TextColumns = None
    label_column: str = "label"
    real_text_columns: TextColumns = None
    real_label_column: str | None = None

    def __post_init__(self) -> None:
        for argument in ("text_columns", "real_text_columns"):
            if getattr(self, argument) is not None:
                object.__setattr__(self, argument, words(getattr(self, argument), argument))
        word(self.label_column, "label_column")
        if self.real_label_column is not None:
            word(self.real_label_column, "real_label_column")


@dataclass(frozen=True)
class LabelledRows:
    """
    Rows of several sources in common terms: all that scoring needs.

    Args:
        label_names (`tuple[str, ...]`):
            Labels in the order of the indices; none where no labels were read.
        rows (`dict[str, TextRows]`):
            Role of a source -> its rows.
    """

    label_names: tuple[str, ...]
    rows: dict[str, TextRows]


def labelled_rows(
    synthetic: GivenDataset, real: Sequence[GivenDataset], columns: Columns, *, to_train: bool = True
) -> LabelledRows:
    """
    Bring synthetic and real rows into common terms, as `synth-builder score` does with a release and its real data.

    Args:
        synthetic (`GivenDataset`):
            Its columns and labels count.
        real (`Sequence[GivenDataset]`):
            What they are compared with, if anything.
        columns (`Columns`):
            Where texts and labels stand.
        to_train (`bool`, defaults to `True`):
            Whether a classifier is to learn from the rows, which needs two labels. Otherwise one will do; and where
            the column `label` is missing and no other was named, no labels are read.

    Returns:
        `LabelledRows`: The labels, and the rows by role.

    Raises:
        ScoringError: A column is missing, a text is none, or the labels do not agree.
    """
    label: str | None = columns.label_column
    texts = _named(columns.text_columns)
    if not to_train and label == Columns.label_column and label not in synthetic.dataset.column_names:
        # Of two columns of texts, one may hold the labels under another name.
        found = texts or text_columns_of(synthetic.dataset, label)
        if texts or len(found) == 1:
            label = None
    if label is not None:
        _require(synthetic, [label])
    texts = texts or text_columns_of(synthetic.dataset, label)
    if len(texts) not in (1, 2):
        raise ScoringError(
            f"{synthetic.role} has {told_texts(synthetic.dataset, texts, label)}; expected one or two. "
            + ("Name the right ones with text_columns." if texts else "Store what is to be read as texts.")
        )
    _check_names(texts, label)
    sides = {synthetic.role: _select(synthetic, texts, label, texts, label)}
    real_texts = _named(columns.real_text_columns) or texts
    if len(real_texts) != len(texts):
        raise ScoringError(
            f"real_text_columns names {len(real_texts)} column(s), and the synthetic rows have {len(texts)} "
            f"({', '.join(texts)}); expected as many, in the same order."
        )
    for given in real:
        real_label = None if label is None else columns.real_label_column or label
        sides[given.role] = _select(given, real_texts, real_label, texts, label)
    names: tuple[str, ...] = ()
    if label is not None:
        labels = agreed_label_names(sides, label, fewest=2 if to_train else 1)
        names = labels.names
        sides = {role: with_label_names(rows, label, labels, role) for role, rows in sides.items()}
    terms = ColumnTerms.of(texts, label, list(names))
    return LabelledRows(names, {role: text_rows(rows, terms, role) for role, rows in sides.items()})


def _named(columns: TextColumns) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns or [])


def _check_names(texts: Sequence[str], label: str | None) -> None:
    if len({*texts, label}) <= len(texts):
        beside = "" if label is None else f" and the label column {label!r}"
        raise ScoringError(f"The text columns {', '.join(map(repr, texts))}{beside} have to be different.")
    for name in (*texts, label):
        if name in RESERVED_COLUMNS:
            raise ScoringError(
                f"The column {name!r} can't hold texts or labels: that name is for what a row is called and where it "
                "comes from. Rename the column."
            )


def _require(given: GivenDataset, names: Sequence[str]) -> None:
    found = given.dataset.column_names
    for name in names:
        if name not in found:
            raise ScoringError(
                f"{given.role} has no column {name!r}; it has: {', '.join(found)}. "
                + (
                    "Name its columns with text_columns and label_column."
                    if given.role == "synthetic"
                    else "Name its columns with real_text_columns and real_label_column, where they are not called as "
                    "those of the synthetic rows."
                )
            )


def _select(
    given: GivenDataset, texts: Sequence[str], label: str | None, new_texts: Sequence[str], new_label: str | None
) -> "Dataset":
    """The columns that are needed, under the names of the synthetic rows, and `id` where there is one."""
    wanted = [*texts, *([] if label is None else [label])]
    _require(given, wanted)
    names = dict(zip(wanted, (*new_texts, *([] if new_label is None else [new_label])), strict=True))
    if len(names) < len(wanted):
        raise ScoringError(f"{given.role}: {', '.join(map(repr, wanted))} have to be different columns.")
    kept = [*names, *(["id"] if "id" in given.dataset.column_names and "id" not in names else [])]
    renamed = {old: new for old, new in names.items() if old != new}
    selected = given.dataset.select_columns(kept)
    return selected.rename_columns(renamed) if renamed else selected
