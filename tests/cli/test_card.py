from pathlib import Path
from typing import Any

import pytest

from synth_builder.cli.main import main
from tests.releases.card.test_card import release_of


def test_it_tells_what_was_written_and_what_is_missing(
    one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nh3")
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    release.data("zero_shot", "train").unlink()
    page = tmp_path / "card.html"
    assert main(["card", str(release.path), "--no-pictures", "--html", str(page)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Wrote {release.card} with 0 pictures.",
        f"Wrote {page}: open it in a browser.",
        "Note: zero_shot: nothing is measured or drawn, because data/zero_shot/train-00000-of-00001.parquet is not "
        "there.",
    ]
    assert page.is_file()


def test_what_is_no_release_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and "is no release: it has no recipe.yaml" in shown.err and "Traceback" not in shown.err


def test_the_help_names_both_ways_and_the_extras(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["card", "--help"])
    shown = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "--pictures, --no-pictures" in shown and "--html FILE" in shown and "synth-builder[pictures]" in shown
