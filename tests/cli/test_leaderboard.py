"""The command `leaderboard`, as far as it goes without a page; the page is tried in a browser."""

import sys
from pathlib import Path

import pytest

from synth_builder.cli.main import main


def test_a_place_without_results_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gradio", reason="needs the extra leaderboard")
    assert main(["leaderboard", str(tmp_path / "none"), "--no-browser"]) == 1
    assert "There is no file or folder" in capsys.readouterr().err


def test_a_port_has_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    for port in ("0", "65536", "-1", "http", "²"):
        with pytest.raises(SystemExit):
            main(["leaderboard", ".", "--port", port])
    assert "is no port; expected 1 to 65535" in capsys.readouterr().err


def test_without_the_extra_it_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert main(["leaderboard", str(tmp_path)]) == 1
    assert "pip install 'synth-builder[leaderboard]'" in capsys.readouterr().err
