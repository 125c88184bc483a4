import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from synth_builder.errors import JournalError
from synth_builder.generation.lock import BuildLock


def test_a_second_build_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    with (
        BuildLock(tmp_path),
        pytest.raises(JournalError, match=rf"Another build \(process {os.getpid()}\) is working in"),
    ):
        BuildLock(tmp_path)
    with BuildLock(tmp_path):
        pass


def test_the_lock_goes_with_its_process_even_when_that_is_killed(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from synth_builder.generation.lock import BuildLock
lock = BuildLock(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"locked\n"
        with pytest.raises(JournalError, match=rf"\(process {holder.pid}\)"):
            BuildLock(tmp_path)
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
    with BuildLock(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(JournalError, match=r"Nothing can be written to .* Give another folder with --out"):
        BuildLock(tmp_path / "file" / "work")
