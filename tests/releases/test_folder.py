from pathlib import Path

import pytest

from synth_builder.errors import ReleaseError
from synth_builder.releases.folder import ReleaseFolder, read_json, write_whole


def test_a_folder_without_a_recipe_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"is no release: it has no recipe\.yaml"):
        ReleaseFolder(tmp_path).read_recipe()
    assert ReleaseFolder(tmp_path).variants() == []


def test_what_was_not_built_has_neither_provenance_nor_scores(tmp_path: Path) -> None:
    release = ReleaseFolder(tmp_path)
    assert release.read_provenance("zero_shot") is None
    assert release.read_scores("zero_shot") is None


@pytest.mark.parametrize(("text", "found"), [("{half", "can't be read"), ("[]", "holds list, expected an object")])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match=f"{found}.*Build that variant again"):
        read_json(tmp_path / "a.json")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "README.md"
    write_whole(path, "first")
    write_whole(path, "second")
    assert path.read_text(encoding="utf-8") == "second"
    assert [found.name for found in path.parent.iterdir()] == ["README.md"]
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half a character \ud800")
    assert path.read_text(encoding="utf-8") == "second"
