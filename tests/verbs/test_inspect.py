from pathlib import Path

import pytest

from synth_builder.errors import ReleaseError, UnknownNameError
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.inspect import inspect_rejections, inspect_rows


def test_rows_are_shown_by_variant_split_and_label(release: ReleaseFolder) -> None:
    rows = list(inspect_rows(release))
    assert [(variant, sum(row.variant == variant for row in rows)) for variant in release.variants()] == [
        ("zero_shot", 16),
        ("few_shot", 16),
        ("topics", 16),
    ]
    chosen = list(inspect_rows(str(release.path), "few_shot", "validation", "positive"))
    assert len(chosen) == 2
    for row in chosen:
        assert (row.variant, row.split, row.label) == ("few_shot", "validation", "positive")
        assert row.id.startswith("validation-")
        assert list(row.columns) == ["text"]
        assert row.provenance["strategy"] == "few_shot"


def test_rejections_are_shown_by_reason(release: ReleaseFolder) -> None:
    told = release.read_provenance("zero_shot")
    assert told is not None
    found = list(inspect_rejections(release, "zero_shot", reason="too_short"))
    assert len(found) == told["tally"]["rejected"]["too_short"] > 0
    assert {one.raw for one in found} == {"Too short."}
    assert {one.columns["text"] for one in found if one.columns} == {"Too short."}
    train = list(inspect_rejections(release, "zero_shot", "train", "negative"))
    assert {(one.split, one.label) for one in train} == {("train", "negative")}
    assert list(inspect_rejections(release, "zero_shot", reason="failed")) == []


def test_names_that_are_not_there_are_answered_with_those_that_are(release: ReleaseFolder) -> None:
    with pytest.raises(UnknownNameError, match=r"has no variant 'zero_shots'\. Did you mean 'zero_shot'"):
        inspect_rows(release, "zero_shots")
    with pytest.raises(UnknownNameError, match=r"has no split 'test'\. It has: train, validation"):
        inspect_rows(release, split="test")
    with pytest.raises(UnknownNameError, match=r"No label is called 'positiv'\. Did you mean 'positive'"):
        inspect_rejections(release, label="positiv")
    with pytest.raises(UnknownNameError, match=r"has no reason 'too_shrt'\. Did you mean 'too_short'"):
        inspect_rejections(release, reason="too_shrt")


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is no release"):
        inspect_rows(tmp_path / "nothing")


def test_a_file_that_is_gone_is_named(release: ReleaseFolder) -> None:
    release.data("zero_shot", "train").unlink()
    release.rejections("few_shot").write_bytes(b"no parquet")
    with pytest.raises(ReleaseError, match=r"train-00000-of-00001\.parquet' can't be read"):
        list(inspect_rows(release, "zero_shot"))
    with pytest.raises(ReleaseError, match=r"few_shot\.parquet' can't be read"):
        list(inspect_rejections(release, "few_shot"))
