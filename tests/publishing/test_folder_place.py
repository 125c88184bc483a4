"""`publish --to`: versions in a folder, here or behind a URL."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.cli.main import main
from synth_builder.errors import PublishError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.publish import publish
from tests.publishing.folder_contents import FILES, V100, V110, contents, loaded, texts


def test_a_version_is_a_folder_that_load_dataset_reads(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "behind" / "the_wall"
    done = publish(few_shot.path, to=to)
    assert (done.version, done.new, done.link) == (V100, True, str(to))
    found = contents(to / "v1.0.0")
    assert set(found) == {*FILES, "version.json"}
    manifest = json.loads(found.pop("version.json"))
    assert (manifest["version"], manifest["parent"]) == ("v1.0.0", None)
    assert manifest["files"] == {
        path: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for path, data in found.items()
    }
    assert f'load_dataset("{to}/v1.0.0", "few_shot")' in found["README.md"].decode()
    assert loaded(to / "v1.0.0", "few_shot", tmp_path / "cache") == texts(few_shot, "few_shot")
    assert sorted(os.listdir(to / ".synth-builder")) == ["first.json", "uploads"]
    assert os.listdir(to / ".synth-builder" / "uploads") == []


def test_a_second_variant_makes_a_second_version_and_leaves_the_first_as_it_was(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to / "v1.0.0")
    done = publish(zero_shot.path, to=to)
    assert (done.version, done.verdict) == (V110, "minor")
    assert contents(to / "v1.0.0") == before
    after = contents(to / "v1.1.0")
    unchanged = [path for path in FILES if path.startswith(("data/", "provenance/"))]
    assert {path: after[path] for path in unchanged} == {path: before[path] for path in unchanged}
    assert loaded(to / "v1.1.0", "few_shot", tmp_path / "cache") == texts(few_shot, "few_shot")
    assert loaded(to / "v1.1.0", "zero_shot", tmp_path / "cache") == texts(zero_shot, "zero_shot")
    assert FolderPlace(str(to)).versions() == {V100: "v1.0.0", V110: "v1.1.0"}
    assert json.loads(after["version.json"])["parent"] == "v1.0.0"


def test_an_unchanged_release_makes_no_version(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to)
    done = publish(few_shot.path, to=to, check=False)
    assert (done.version, done.new) == (V100, False)
    assert contents(to) == before


def test_a_published_version_is_not_published_again(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    with pytest.raises(PublishError, match=r"v1\.0\.0 of .* is published already.* is v1\.1\.0\."):
        publish(zero_shot.path, to=to, version="1.0.0")


def test_a_file_url_is_that_folder(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    done = publish(few_shot.path, to=(tmp_path / "place").as_uri())
    assert done.link == str(tmp_path / "place")
    assert set(contents(tmp_path / "place" / "v1.0.0")) == {*FILES, "version.json"}


def test_a_url_holds_versions_in_the_same_way(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, memory: str, tmp_path: Path
) -> None:
    assert publish(few_shot.path, to=memory).version == V100
    assert publish(zero_shot.path, to=memory + "/").version == V110
    assert not publish(zero_shot.path, to=memory).new
    filesystem = fsspec.filesystem("memory")
    names = {str(path).rpartition("/v1.0.0/")[2] for path in filesystem.find(f"{memory}/v1.0.0")}
    assert names == {*FILES, "version.json"}
    assert filesystem.find(f"{memory}/.synth-builder/uploads") == []


def test_the_card_of_a_remote_version_tells_how_to_load_it_and_that_works(
    few_shot: ReleaseFolder, memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(few_shot.path, to=memory, check=False)
    card = fsspec.filesystem("memory").cat_file(f"{memory}/v1.0.0/README.md").decode()
    code = card.partition("```python\n")[2].partition("```")[0]
    assert f'fsspec.filesystem("memory").get("{memory}/v1.0.0/"' in code
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, Any] = {}
    exec(code, names)
    assert list(names["dataset"]["train"]["text"]) == texts(few_shot, "few_shot")


def _damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_damaged, Path.unlink], ids=["another byte", "gone"])
def test_the_check_fails_when_a_file_is_not_what_was_published(
    damage: Callable[[Path], None], few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    place, provenances = FolderPlace(str(to)), few_shot.provenances()
    place.check(V100, provenances)
    damage(to / "v1.0.0" / "data/few_shot/train-00000-of-00001.parquet")
    with pytest.raises(PublishError, match=r"train-00000-of-00001\.parquet of .*v1\.0\.0 is not the file"):
        place.check(V100, provenances)
    with pytest.raises(PublishError, match=r"train-00000-of-00001\.parquet of .*v1\.\d\.0 is not the file|is gone"):
        publish(zero_shot.path, to=to)  # would carry it into the next version


def test_the_check_of_a_remote_version_reads_what_is_there(few_shot: ReleaseFolder, memory: str) -> None:
    publish(few_shot.path, to=memory, check=False)
    place, provenances = FolderPlace(memory), few_shot.provenances()
    place.check(V100, provenances)
    path = f"{memory}/v1.0.0/data/few_shot/validation-00000-of-00001.parquet"
    filesystem = fsspec.filesystem("memory")
    data = bytearray(filesystem.cat_file(path))
    data[100] ^= 1
    filesystem.pipe_file(path, bytes(data))
    with pytest.raises(PublishError, match="is not the file that was published"):
        place.check(V100, provenances)


def test_the_check_loads_the_rows_and_compares_them(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    provenances = few_shot.provenances()
    provenances["few_shot"]["splits"]["train"]["rows_sha256"] = "0" * 64
    with pytest.raises(PublishError, match=r"is not what was built \(splits: train\)"):
        FolderPlace(str(tmp_path / "place")).check(V100, provenances)


def test_a_text_of_a_version_that_somebody_edited_is_told(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    with (tmp_path / "place/v1.0.0/README.md").open("a") as file:
        file.write("Nice!")
    with pytest.raises(PublishError, match=r"README\.md of .*/v1\.0\.0 is not the file that was published"):
        publish(zero_shot.path, to=tmp_path / "place")


def test_a_copied_place_goes_on_without_its_claims(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    shutil.copytree(tmp_path / "place" / "v1.0.0", tmp_path / "copy" / "v1.0.0")
    assert publish(zero_shot.path, to=tmp_path / "copy", check=False).version == V110


def test_older_versions_may_be_removed(few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    publish(zero_shot.path, to=to, check=False)
    shutil.rmtree(to / "v1.0.0")
    assert not publish(zero_shot.path, to=to, check=False).new
    assert list(FolderPlace(str(to)).versions()) == [V110]


def test_the_newest_version_may_not_be_removed_and_the_message_says_so(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    publish(zero_shot.path, to=to, check=False)
    shutil.rmtree(to / "v1.1.0")
    with pytest.raises(PublishError, match=r"is gone\. Put it back, or give that version up by removing .*after-v1"):
        publish(zero_shot.path, to=to)


def test_the_command_line_tells_what_to_load(
    few_shot: ReleaseFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "place"
    assert main(["publish", str(few_shot.path), "--to", str(to)]) == 0
    out = capsys.readouterr().out
    assert f"Published v1.0.0: {to}\n" in out
    assert f'load_dataset("{to}/v1.0.0", "VARIANT")' in out
    assert main(["publish", str(few_shot.path), "--to", str(to), "--private"]) == 1
    assert "--private is for repositories on the Hub" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["publish", str(few_shot.path), "--to", str(to), "--repo", "ada/films"])
    with pytest.raises(SystemExit, match="2"):
        main(["publish", str(few_shot.path)])
