"""Rows of a release that people corrected by hand: checked, counted, and told in its provenance."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth_builder.errors import PublishError, ReleaseError
from synth_builder.filters.verification import VerificationOptions
from synth_builder.generation.lock import BuildLock
from synth_builder.publishing.earlier import digests_told, earlier_versions, files_there
from synth_builder.publishing.place import Place
from synth_builder.recipes.task import Task
from synth_builder.releases.card.card import write_card
from synth_builder.releases.card.risks import verification_options
from synth_builder.releases.changelog import changelog
from synth_builder.releases.folder import WORK, ReleaseFolder, write_whole
from synth_builder.releases.provenance import split_told, task_columns
from synth_builder.releases.row_batches import row_batches
from synth_builder.releases.row_measures import AT_BUILD, row_measures
from synth_builder.releases.rows import feature_dict, rewrite_rows
from synth_builder.releases.rows_digest import ORIGIN
from synth_builder.releases.split_files import each_told, file_hash
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import rows_fingerprint

BuiltRows = Callable[[str, str, str], Iterator[Mapping[str, Any]] | None]
"""Variant, split, digest of the rows that were built -> these rows, or `None` where nobody has them any more."""


def take_corrections(release: ReleaseFolder, names: Sequence[str] | None, built_rows: BuiltRows) -> list[str]:
    """
    Make rows that were corrected by hand those of the release: its provenance tells how many they are, figures are
    measured anew, and scores and pictures of the rows before go. A person may change texts and labels, and take rows
    out; a change of anything else in a row is refused, and so are rows that no build wrote.

    Args:
        release (`ReleaseFolder`):
            The folder; files of `data/` may have been changed.
        names (`Sequence[str]`, *optional*):
            Its variants that are meant; all when not given.
        built_rows (`BuiltRows`):
            Where the rows that were built are found again.

    Returns:
        `list[str]`: What the user has to know.

    Raises:
        PublishError: What was changed is no correction.
        ReleaseError: It is no release.
        JournalError: Somebody builds there.
    """
    recipe = release.read_recipe()
    notes: list[str] = []
    with BuildLock(release.path / WORK):
        before = changelog(release.provenances())
        for name, provenance in release.provenances().items():
            if names is not None and name not in names:
                continue
            changed = [split for split, told in provenance["splits"].items() if _is_other(release, name, split, told)]
            if not changed:
                continue
            if provenance["task"] != task_columns(recipe.task):
                raise PublishError(
                    f"The recipe of {str(release.path)!r} has other columns or labels than {name!r} was built with; "
                    "put its recipe.yaml back as the build wrote it."
                )
            told = dict(provenance)
            for split in changed:
                told = _taken(release, told, split, recipe.task, built_rows)
            files = release.all_data_files(told)
            checks = VerificationOptions.model_validate(verification_options(provenance) or {})
            flagged = checks if checks.action == "flag" else None
            told["measured"] = row_measures(files, recipe.task, AT_BUILD, flagged=flagged)
            told.pop("pictures", None)
            for picture in release.pictures(name):
                (release.path / picture).unlink()
            scores = release.scores(name)
            if scores.is_file() and not _scored(release, name, files, recipe.task):
                notes.append(
                    f"The scores of {name!r} were those of the rows before the correction and are gone; "
                    "`synth-builder score` makes new ones."
                )
                scores.unlink()
            for measured in release.measures(name) if not scores.is_file() else ():
                measured.unlink(missing_ok=True)
            release.write_provenance(name, told)
        if (
            release.changelog.is_file() and release.changelog.read_bytes() == before.encode()
        ):  # a build's, nobody else's
            write_whole(release.changelog, changelog(release.provenances()))
        write_card(release)
    return notes


def published_rows_of(place: Place) -> BuiltRows:
    """Finds rows that were built among the published versions, the newest first."""

    def find(name: str, split: str, digest: str) -> Iterator[Mapping[str, Any]] | None:
        if place.head() is None:
            return None
        for _, snapshot in earlier_versions(place, place.versions()):
            paths = files_there(place, snapshot, name, split)
            if paths and digests_told(place, snapshot, name).get(split) == digest:
                return (row for path in paths for row in rows_at(path, snapshot.revision))
        return None

    def rows_at(path: str, revision: str) -> Iterator[Mapping[str, Any]]:
        return _rows(io.BytesIO(place.read(path, revision)), f"{path} of {place.name}")

    return find


def _is_other(release: ReleaseFolder, name: str, split: str, told: Mapping[str, Any]) -> bool:
    files = zip(release.data_files(name, split, told), each_told(told), strict=True)
    return any(path.is_file() and file_hash(path) != file["sha256"] for path, file in files)


def _taken(
    release: ReleaseFolder, provenance: Mapping[str, Any], split: str, task: Task, built_rows: BuiltRows
) -> dict[str, Any]:
    """The provenance with a split as it is now; its files are written anew, in the form that a build gives them."""
    name, before = provenance["variant"], provenance["splits"][split]
    files = release.data_files(name, split, before)
    for path in files:
        if not path.is_file():
            raise PublishError(f"{str(path)!r} is missing; put the file back, or build the variant again.")
    corrected = dict(provenance.get("corrected") or {})
    first = corrected.get(split) or {"rows_sha256": before["rows_sha256"], "rows": before["rows"]}
    built = built_rows(name, split, first["rows_sha256"])
    check = _Check(
        files,
        split,
        task,
        first["rows"],
        None if built is None else {row["id"]: _Seen.of(row, task) for row in built},
    )
    try:
        written = rewrite_rows(files, check.rows, task)
    except (TypeError, ValueError) as error:  # Arrow's own errors are among these
        raise PublishError(f"{check.path!r} holds a value that is not of its column's type: {error}.") from error
    if written.rows_sha256 == first["rows_sha256"]:
        corrected.pop(split, None)
    else:
        corrected[split] = {
            **first,
            "changed": check.changed if built is not None else None,
            "removed": first["rows"] - len(check.ids),
        }
    now = {**before, **split_told(name, len(check.ids), written, task)}
    told = {**provenance, "splits": {**provenance["splits"], split: now}, "corrected": corrected}
    if not corrected:
        del told["corrected"]
    return told


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is kept of a row that was built: hashes of what people may change, and of what they may not."""

    content: bytes
    origin: bytes

    @classmethod
    def of(cls, row: Mapping[str, Any], task: Task) -> "_Seen":
        content = [*(row[column] for column in task.columns), row[task.label_column]]
        return cls(_hash(content), _hash([row["provenance"][key] for key in ORIGIN]))


@dataclass
class _Check:
    """Looks at corrected rows, one after the other, and counts those that are not as they were built."""

    files: Sequence[Path]
    split: str
    task: Task
    most: int
    built: Mapping[str, _Seen] | None
    path: str = ""
    ids: set[str] = field(default_factory=set)
    changed: int = 0

    def rows(self, file: Path) -> Iterator[dict[str, Any]]:
        """The rows of one of the files with their labels by name, as `rewrite_rows` takes them."""
        self.path = str(file)
        names = self.task.label_names
        for number, row in enumerate(_rows(file, repr(self.path))):
            self._look(number, row)
            yield {**row, self.task.label_column: names[row[self.task.label_column]]}
        if file == self.files[-1] and not self.ids:
            raise PublishError(f"{self.path!r} holds no row any more; put the file back, or build the variant again.")

    def _look(self, number: int, row: Mapping[str, Any]) -> None:
        task, id = self.task, row.get("id")
        wanted = feature_dict(task)
        if set(row) != set(wanted):
            raise PublishError(
                f"{self.path!r} has the columns {', '.join(row)}; expected those that were built: {', '.join(wanted)}."
            )
        for column in task.columns:
            if not isinstance(row[column], str) or not row[column].strip():
                raise PublishError(
                    f"Row {number} of {self.path!r} has no text in {column!r}; write one, or take it out."
                )
        label = row[task.label_column]
        if type(label) is not int or not 0 <= label < len(task.label_names):
            told = ", ".join(f"{index} for {name}" for index, name in enumerate(task.label_names))
            raise PublishError(f"Row {number} of {self.path!r} has the label {label!r}; expected a number: {told}.")
        origin = row["provenance"]
        if not isinstance(id, str) or not isinstance(origin, Mapping) or any(key not in origin for key in ORIGIN):
            raise PublishError(f"Row {number} of {self.path!r} has lost its id or its provenance; put them back.")
        if id in self.ids:
            raise PublishError(f"{self.path!r} has the row {id!r} twice; an id names one row.")
        self.ids.add(id)
        if self.built is None and len(self.ids) > self.most:
            raise PublishError(
                f"{self.path!r} has more rows than the {self.most} that were built; a correction changes texts and "
                "labels, or takes rows out."
            )
        if self.built is None:
            known = re.fullmatch(rf"{re.escape(self.split)}-\d+", id) is not None
        else:
            known = id in self.built
        if not known:
            raise PublishError(
                f"{self.path!r} has the row {id!r}, which no build wrote. A correction changes texts and labels, or "
                "takes rows out; rows that a person wrote belong into a dataset of their own."
            )
        if self.built is not None:
            seen, before = _Seen.of(row, task), self.built[id]
            if seen.origin != before.origin:
                raise PublishError(
                    f"The row {id!r} of {self.path!r} has another provenance than it was built with; put that back. A "
                    "correction changes texts and labels, or takes rows out."
                )
            self.changed += seen.content != before.content


def _rows(file: Path | io.BytesIO, where: str) -> Iterator[Mapping[str, Any]]:
    try:
        for batch in row_batches([file]):
            yield from batch.to_pylist()
    except ReleaseError as error:
        raise PublishError(f"{where} is no parquet file that can be read: {error.__cause__}.") from error


def _hash(value: Any) -> bytes:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=16).digest()


def _scored(release: ReleaseFolder, name: str, files: Mapping[str, Sequence[Path]], task: Task) -> bool:
    """Whether the scores are those of the rows that are there now."""
    scores = Scores.read(release.scores(name))
    columns = [*task.columns, task.label_column]
    batches = row_batches(files.get("train") or next(iter(files.values())), columns)
    rows = (row for batch in batches for row in zip(*(batch[column].to_pylist() for column in columns), strict=True))
    return rows_fingerprint((texts, label) for *texts, label in rows) == scores.synthetic.fingerprint
