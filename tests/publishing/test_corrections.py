"""`publish --corrected`: rows that a person corrected become a patch, and card and provenance tell how many."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from synth_builder.errors import PublishError
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.card import card
from synth_builder.verbs.publish import publish
from tests.publishing.releases import ID, built, other_sentence
from tests.scoring.results.test_scores import scores
from tests.servers.hub import HubServer

Rows = list[dict[str, Any]]


def corrected(release: ReleaseFolder, change: Callable[[Rows], Rows | None], split: str = "train") -> None:
    """Change rows as a person would, with pyarrow alone: nothing of the file's own metadata is kept."""
    path = release.data("zero_shot", split)
    table = pyarrow.parquet.read_table(path)
    rows = table.to_pylist()
    left = change(rows)
    if left == []:
        pyarrow.parquet.write_table(table.slice(0, 0), path)
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(left or rows), path)


def two_mended_one_out(rows: Rows) -> Rows:
    rows[0]["text"] = "A film that a person wrote about."
    rows[1]["label"] = 1 - rows[1]["label"]
    return [row for row in rows if row["id"] != rows[5]["id"]]


def test_corrected_rows_are_a_patch_that_tells_how_many_they_are(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    repo = hub.repositories[ID]
    was = release.read_provenance("zero_shot") or {}
    corrected(release, two_mended_one_out)
    with pytest.raises(PublishError, match=r"is not the file that was built.*`publish --corrected`"):
        publish(release.path, ID)
    done = publish(release.path, ID, corrected=True)  # it is loaded again and compared
    assert (done.version, done.verdict) == (Version(1, 0, 1), "patch")
    assert done.changes == (
        "`zero_shot`: corrected rows of the same recipe: 2 rows corrected by hand, 1 row taken out; "
        "11 train rows, 4 validation rows.",
    )
    told = json.loads(repo.read("provenance/zero_shot.json"))
    built_digest = was["splits"]["train"]["rows_sha256"]
    assert told["corrected"] == {"train": {"rows_sha256": built_digest, "rows": 12, "changed": 2, "removed": 1}}
    assert told["splits"]["train"]["rows"] == 11
    assert told["splits"]["train"]["rows_sha256"] != built_digest
    assert told["splits"]["validation"] == was["splits"]["validation"]
    assert told["measured"]["rows"] == 15
    text = repo.read("README.md").decode()
    assert "In `zero_shot` people changed what was built: 2 rows corrected by hand, 1 row taken out." in text
    assert "and no person checked all of the labels." in text
    assert "A film that a person wrote about." in text
    assert f"- {done.changes[0]}\n" in repo.read("CHANGELOG.md").decode()
    # The release knows it, too: publishing it again, or making its card, has nothing to complain of.
    assert not publish(release.path, ID, check=False).new
    assert not publish(release.path, ID, corrected=True, check=False).new
    assert card(release.path, pictures=False).notes == ()


def test_what_is_corrected_later_is_counted_from_what_was_built(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    corrected(release, two_mended_one_out)
    publish(release.path, ID, corrected=True, check=False)

    def one_more(rows: Rows) -> None:
        rows[0]["text"] = "A person changed their mind."
        rows[2]["text"] = "Another one, mended."

    corrected(release, one_more)
    done = publish(release.path, ID, corrected=True, check=False)
    assert done.version == Version(1, 0, 2)
    assert "3 rows corrected by hand, 1 row taken out" in done.changes[0]


def test_a_first_version_may_be_corrected_and_then_nobody_knows_how_many_rows(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    corrected(release, two_mended_one_out)
    assert publish(release.path, ID, corrected=True).version == Version(1, 0, 0)
    text = hub.repositories[ID].read("README.md").decode()
    assert "people changed what was built: rows corrected by hand, not known how many, 1 row taken out." in text


def test_more_rows_than_were_built_are_refused_where_no_version_tells_which_they_were(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    corrected(release, _new_row)
    with pytest.raises(PublishError, match=r"has more rows than the \d+ that were built"):
        publish(release.path, ID, corrected=True)


def test_a_file_that_was_only_written_anew_holds_no_correction(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    corrected(release, lambda rows: rows)
    assert not publish(release.path, ID, corrected=True, check=False).new
    assert "corrected" not in (release.read_provenance("zero_shot") or {})
    corrected(release, lambda rows: rows[::-1])
    assert "rows put into another order by hand" in publish(release.path, ID, corrected=True, check=False).changes[0]


def test_scores_of_the_rows_before_go_and_those_of_the_corrected_ones_stay(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    from synth_builder.scoring.rows.text_rows import TextRows

    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    scores("zero_shot").write(release.scores("zero_shot"))
    for measured_before in release.measures("zero_shot")[1:]:
        measured_before.parent.mkdir(exist_ok=True)
        measured_before.write_bytes(b"of the rows before")
    corrected(release, two_mended_one_out)
    done = publish(release.path, ID, corrected=True, check=False)
    assert [note for note in done.notes if "scores of 'zero_shot' were those of the rows before" in note]
    assert "scores/zero_shot.json" not in hub.repositories[ID].head.files
    assert not [path for path in release.measures("zero_shot") if path.exists()]

    def one_more(rows: Rows) -> None:
        rows[0]["text"] = "Mended again."

    corrected(release, one_more)
    rows = pyarrow.parquet.read_table(release.data("zero_shot", "train")).to_pylist()
    now = TextRows(tuple((row["text"],) for row in rows), tuple(row["label"] for row in rows), ())
    measured = scores("zero_shot")
    synthetic = measured.synthetic.model_copy(update={"fingerprint": now.fingerprint()})
    measured.model_copy(update={"synthetic": synthetic}).write(release.scores("zero_shot"))
    publish(release.path, ID, corrected=True, check=False)
    assert "scores/zero_shot.json" in hub.repositories[ID].head.files


def _new_row(rows: Rows) -> Rows:
    return [*rows, {**rows[0], "id": "train-99"}]


def _wrong(key: str, value: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        for row in rows[:1] if key != "extra" else rows:
            row[key] = value

    return change


def _other_seed(rows: Rows) -> None:
    rows[0]["provenance"] = {**rows[0]["provenance"], "seed": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_new_row, "has the row 'train-99', which no build wrote"),
        (lambda rows: [*rows, rows[0]], "has the row 'train-0' twice"),
        (_wrong("text", "  "), "Row 0 of .* has no text in 'text'"),
        (_wrong("text", None), "Row 0 of .* has no text in 'text'"),
        (_wrong("label", 7), "has the label 7; expected a number: 0 for negative, 1 for positive"),
        (_wrong("id", None), "has lost its id or its provenance"),
        (_wrong("extra", "x"), "has the columns text, label, id, provenance, extra; expected those that were built"),
        (_other_seed, "row 'train-0' of .* has another provenance"),
        (lambda rows: [], "holds no row any more"),
    ],
)
def test_what_is_no_correction_is_refused_and_leaves_the_release_as_it_is(
    change: Callable[[Rows], Rows | None],
    said: str,
    hub: HubServer,
    one_column: dict[str, Any],
    tmp_path: Path,
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    provenance = release.provenance("zero_shot").read_bytes()
    corrected(release, change)
    file = release.data("zero_shot", "train").read_bytes()
    with pytest.raises(PublishError, match=said) as error:
        publish(release.path, ID, corrected=True)
    assert "\n" not in str(error.value)
    assert release.provenance("zero_shot").read_bytes() == provenance
    assert release.data("zero_shot", "train").read_bytes() == file
    assert not list(release.path.rglob("*.part"))
    assert hub.tally.commits == 1


def test_a_file_that_is_no_table_is_told(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    release.data("zero_shot", "train").write_text("text,label\n")
    with pytest.raises(PublishError, match="is no parquet file that can be read"):
        publish(release.path, ID, corrected=True)


@pytest.mark.parametrize("to", ["a folder", "memory://corrected-films"])
def test_rows_are_corrected_in_other_places_as_on_the_hub(one_column: dict[str, Any], tmp_path: Path, to: str) -> None:
    to = str(tmp_path / "shelf") if to == "a folder" else to
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, to=to, check=False)
    publish(built(one_column, tmp_path, "zero_shot", out="b", reply=other_sentence).path, to=to, check=False)
    corrected(release, two_mended_one_out)  # rows of the version before the last
    done = publish(release.path, to=to, corrected=True)
    assert (done.version, done.verdict) == (Version(1, 0, 2), "patch")
    assert "2 rows corrected by hand, 1 row taken out" in done.changes[0]
