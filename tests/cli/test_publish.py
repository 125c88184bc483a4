from typing import Any

import pytest

from synth_builder.cli.main import main
from synth_builder.publishing.publisher import PublishedVersion
from synth_builder.publishing.version import Version


def test_what_others_published_does_not_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def publish(*arguments: Any, **named: Any) -> PublishedVersion:
        said = "films by \x1b[2Jtiny"
        return PublishedVersion(Version(1, 1, 0), True, (said,), "minor", "https://hub/ada/films", (said,))

    monkeypatch.setattr("synth_builder.verbs.publish.publish", publish)
    assert main(["publish", "films", "--repo", "ada/films"]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and printed.count("[2Jtiny") == 2
    assert "Published v1.1.0" in printed
