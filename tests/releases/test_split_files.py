"""What the files of a split are called, and what a provenance tells of them."""

from hashlib import sha256
from pathlib import Path

from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.split_files import each_told, file_name, files_told, named_files

ONE = Path("data/v/train-00000-of-00001.parquet")


def test_names_are_those_of_the_hub() -> None:
    assert file_name("train") == ONE.name
    assert file_name("train", 2, 12) == "train-00002-of-00012.parquet"
    assert named_files(ONE, 1) == (ONE,)
    assert [path.as_posix() for path in named_files(ONE, 2)] == [
        "data/v/train-00000-of-00002.parquet",
        "data/v/train-00001-of-00002.parquet",
    ]
    assert [path.name for path in named_files(Path("rows.parquet"), 2)] == [
        "rows-00000-of-00002.parquet",
        "rows-00001-of-00002.parquet",
    ]


def test_of_one_file_a_provenance_tells_what_it_always_did(tmp_path: Path) -> None:
    path = tmp_path / ONE.name
    path.write_bytes(b"rows")
    told = files_told([path], "v")
    assert told == {"file": ONE.as_posix(), "bytes": 4, "sha256": sha256(b"rows").hexdigest()}
    assert each_told({"rows": 3, **told}) == [{"rows": 3, **told}]
    assert ReleaseFolder(tmp_path).data_files("v", "train", told) == (tmp_path / ONE,)


def test_of_several_files_it_tells_each(tmp_path: Path) -> None:
    files = named_files(tmp_path / ONE.name, 2)
    for path, content in zip(files, (b"some rows", b"more"), strict=True):
        path.write_bytes(content)
    told = files_told(files, "v")
    each = [
        {"file": "data/v/train-00000-of-00002.parquet", "bytes": 9, "sha256": sha256(b"some rows").hexdigest()},
        {"file": "data/v/train-00001-of-00002.parquet", "bytes": 4, "sha256": sha256(b"more").hexdigest()},
    ]
    assert told == {"file": "data/v/train-*-of-00002.parquet", "bytes": 13, "files": each}
    assert each_told(told) == each
    assert ReleaseFolder(tmp_path).data_files("v", "train", told) == named_files(tmp_path / ONE, 2)


def test_no_path_in_a_provenance_leads_out_of_the_release() -> None:
    told = {"files": [{"file": "../../secret"}, {"file": "/etc/passwd"}]}
    assert ReleaseFolder(Path("r")).data_files("v", "train", told) == named_files("r" / ONE, 2)
