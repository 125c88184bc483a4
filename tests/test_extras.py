import json
import sys
from pathlib import Path

import pytest

from synth_builder.errors import MissingExtraError
from synth_builder.extras import check_installed, require


def test_an_installed_package_is_imported() -> None:
    assert require("json", extra="score") is json


def test_a_missing_package_is_told_with_the_command_that_brings_it() -> None:
    with pytest.raises(MissingExtraError) as found:
        require("no_such_package", extra="score")
    assert str(found.value) == (
        "This needs the package 'no_such_package', which is not installed. Install it with: pip install "
        "'synth-builder[score]'"
    )


def test_what_needs_a_package_can_be_named_before_anything_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    check_installed("wave", extra="score", needed_by="--wave")
    assert "wave" not in sys.modules
    with pytest.raises(MissingExtraError) as found:
        check_installed("no_such_package", extra="score", needed_by="--wave")
    assert str(found.value) == (
        "--wave needs the package 'no_such_package', which is not installed. Install it with: pip install "
        "'synth-builder[score]'"
    )


def test_the_package_that_is_missing_is_named_not_the_one_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import no_such_package\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingExtraError, match="the package 'no_such_package'"):
        require("needs_more", extra="embedded")
    assert "needs_more" not in sys.modules
