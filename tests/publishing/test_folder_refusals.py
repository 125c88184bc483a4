"""Folders and URLs that can't be published to, each told in one sentence."""

import json
import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.errors import PublishError
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.publish import publish
from tests.publishing.folder_contents import V100, contents


def test_a_folder_that_holds_something_else_is_refused_unless_adopted(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    to.mkdir()
    (to / "thesis.txt").write_text("mine")
    (to / "README.md").write_text("---\nlicense: other\n---\nAbout my thesis.")
    with pytest.raises(PublishError, match=r"holds files that are no release .*\(README.md, thesis.txt\).*--adopt"):
        publish(few_shot.path, to=to)
    assert publish(few_shot.path, to=to, adopt=True).version == V100
    assert (to / "thesis.txt").read_text() == "mine"
    assert "thesis" not in (to / "v1.0.0/README.md").read_text()
    assert not publish(few_shot.path, to=to).new


def test_a_folder_named_like_a_version_is_not_written_to(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    (to / "v1.1.0").mkdir()
    (to / "v1.1.0" / "mine.txt").write_text("mine")
    with pytest.raises(PublishError, match=r"v1\.1\.0 is there, but is no version"):
        publish(zero_shot.path, to=to)
    assert contents(to / "v1.1.0") == {"mine.txt": b"mine"}


def test_a_release_folder_is_no_place_for_versions(few_shot: ReleaseFolder) -> None:
    with pytest.raises(PublishError, match="is a release itself"):
        publish(few_shot.path, to=few_shot.path, adopt=True)


@pytest.mark.parametrize(
    ("path", "told"),
    [("../x", "is no path"), ("/etc/x", "is no path"), ("a/../../x", "is no path"), ("version.json", "is no path")],
)
def test_no_manifest_leads_out_of_its_folder(
    path: str, told: str, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    claim = json.loads((to / "v1.0.0/version.json").read_bytes())
    claim |= {"version": "v1.1.0", "parent": "v1.0.0", "files": {path: {"sha256": "0" * 64, "size": 1}}}
    (to / ".synth-builder/after-v1.0.0.json").write_text(json.dumps(claim) + "\n")
    with pytest.raises(PublishError, match=told):
        publish(zero_shot.path, to=to)


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("nowhere://films", r"fsspec knows no protocol 'nowhere'; expected a folder, or a URL"),
        ("s3://bucket/films", r"needs the package 's3fs'.*pip install s3fs"),
        ("gs://bucket/films", r"needs the package 'gcsfs'.*pip install gcsfs"),
        ("hf://datasets/ada/films", r"lies on the Hub; publish there with --repo"),
        (" ", r"has no name; expected a path or a URL"),
    ],
)
def test_a_place_that_can_not_be_used_is_told_in_one_sentence(
    to: str, told: str, few_shot: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, name, None)
    for protocol in ("s3", "gs"):
        monkeypatch.delitem(
            fsspec.registry._registry if hasattr(fsspec.registry, "_registry") else {}, protocol, False
        )
    with pytest.raises(PublishError, match=told) as error:
        publish(few_shot.path, to=to)
    assert "\n" not in str(error.value)


def test_a_password_in_a_url_is_neither_taken_nor_told(few_shot: ReleaseFolder) -> None:
    with pytest.raises(PublishError, match="The URL holds a password") as error:
        publish(few_shot.path, to="sftp://ada:secret@server/films")
    assert "secret" not in str(error.value)


def test_a_file_in_the_place_of_the_folder_is_told(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match=r"can't be used: .*Not a directory"):
        publish(few_shot.path, to=tmp_path / "file")


def test_a_folder_without_the_right_to_write_is_told(
    few_shot: ReleaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "place").mkdir()
    monkeypatch.setattr(Path, "mkdir", refused)  # whoever runs the tests may write everywhere
    with pytest.raises(PublishError, match=r"You have no access to .*Permission denied.*name another folder"):
        publish(few_shot.path, to=tmp_path / "place")


@pytest.mark.parametrize("option", ["private", "create_pr"])
def test_what_is_for_the_hub_is_refused(option: str, few_shot: ReleaseFolder, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=f"--{option.replace('_', '-')} is for repositories on the Hub"):
        publish(few_shot.path, to=tmp_path / "place", **{option: True})  # type: ignore[arg-type]
    assert not (tmp_path / "place").exists()


def test_a_repository_or_a_folder_is_needed_and_not_both(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    for places in ({}, {"repo": "ada/films", "to": tmp_path}):
        with pytest.raises(PublishError, match="give one of them"):
            publish(few_shot.path, **places)  # type: ignore[arg-type]
