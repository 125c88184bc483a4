import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).parents[1] / "examples" / "demo.py"


def test_the_last_hint_of_the_demo_is_the_command_that_it_ran(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def run(words: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        ran.append(words)
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["demo.py", "--out", "my films"])
    runpy.run_path(str(DEMO), run_name="__main__")
    hint = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert hint[:2] == ["synth-builder", "build"] and hint[-2:] == ["--out", "my films"]
    assert hint[1:] == ran[0][3:]
