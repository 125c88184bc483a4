import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.picture_files import KEYWORD, digest_of, save_picture
from synth_builder.releases.pictures.picture_style import Theme, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def drawn(theme: Theme) -> "Figure":
    return figure(theme, 0.2)


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def test_a_picture_has_the_digest_that_it_was_saved_with(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    release = ReleaseFolder(tmp_path)
    save_picture(drawn, release, "few_shot", "curve", "abc123")
    save_picture(drawn, release, "few_shot", "labels")
    assert release.pictures() == [f"pictures/few_shot-{of}.png" for of in sorted(["curve-dark", "curve-light"])] + [
        "pictures/few_shot-labels-dark.png",
        "pictures/few_shot-labels-light.png",
    ]
    assert [digest_of(tmp_path / path) for path in release.pictures()] == ["abc123", "abc123", None, None]
    assert list(tmp_path.glob("**/*.part")) == []


def test_a_file_without_a_digest_has_none(tmp_path: Path) -> None:
    told = f"{KEYWORD}\0abc".encode("latin-1")
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"Software\0x")
    path = tmp_path / "some.png"
    for content, digest in (
        (head + chunk(b"tEXt", told), "abc"),
        (head + chunk(b"iTXt", told), None),
        (head, None),
        (head + b"\0\0", None),
        (head + b"\xff\xff\xff\xfftEXt", None),
        (told, None),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", None),
        (b"", None),
    ):
        path.write_bytes(content)
        assert digest_of(path) == digest
    assert digest_of(tmp_path / "none.png") is None
