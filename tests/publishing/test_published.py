"""Versions in a folder and behind a URL are read as those on the Hub are."""

from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import PublishError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.publishing.published import read_address
from synth_builder.publishing.version import Version
from synth_builder.verbs.diff import diff
from synth_builder.verbs.publish import publish
from synth_builder.verbs.versions import versions
from tests.publishing.releases import built, other_sentence


def test_an_address_is_a_repository_a_folder_or_a_url(tmp_path: Path) -> None:
    for address, kind, version in (
        ("ada/films", HubPlace, None),
        ("ada/films@v1.2.0", HubPlace, Version(1, 2, 0)),
        (str(tmp_path), FolderPlace, None),
        (f"{tmp_path}@1.0.0", FolderPlace, Version(1, 0, 0)),
        ("memory://films@v2.0.0", FolderPlace, Version(2, 0, 0)),
    ):
        place, named = read_address(address)
        assert (type(place), named) == (kind, version), address
    with pytest.raises(PublishError, match="'latest' is no version"):
        read_address("ada/films@latest")


def test_a_path_here_is_not_asked_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "releases").mkdir()
    (tmp_path / "films.yaml").write_text("name: films", encoding="utf-8")
    for address in ("releases/flims", "releases/flims@v1.0.0"):
        with pytest.raises(
            PublishError, match=r"^There is no folder 'releases/flims', and it is not looked for on the"
        ):
            read_address(address)
    with pytest.raises(PublishError, match=r"^'films.yaml' is a file; expected a folder, or 'owner/name' of a"):
        read_address("films.yaml")


@pytest.mark.parametrize("where", ["a folder", "memory://published-films"])
def test_versions_elsewhere_are_listed_and_compared(one_column: dict[str, Any], tmp_path: Path, where: str) -> None:
    to = str(tmp_path / "shelf") if where == "a folder" else where
    publish(built(one_column, tmp_path, "zero_shot", out="first").path, to=to, check=False)
    second = built(one_column, tmp_path, "zero_shot", out="second", reply=other_sentence)
    before = diff(second.path, to)
    publish(second.path, to=to, check=False)
    assert [str(entry.version) for entry in versions(to).versions] == ["1.0.1", "1.0.0"]
    found = diff(to, "v1.0.0", "v1.0.1")
    for compared in (before, found):
        train = compared.variants["zero_shot"].splits["train"]
        assert (train.rows_before, train.rows_after, train.stayed) == (12, 12, 0)
        assert compared.verdict == "patch"
