import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth_builder.studies import sharing
from synth_builder.studies.sharing import Unit, claimed, share

HOLD = """
import sys, time
from pathlib import Path
from synth_builder.studies.sharing import claimed
with claimed(Path(sys.argv[1])) as mine:
    assert mine
    print("held", flush=True)
    time.sleep(600)
"""


def unit(name: str, folder: Path, log: list[str]) -> Unit:
    def do() -> None:
        log.append(name)
        (folder / name).touch()

    return Unit(name, (folder / name).is_file, do)


@pytest.fixture(autouse=True)
def no_long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PAUSE", 0.01)


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    log: list[str] = []
    (tmp_path / "b").touch()
    share(lambda: [unit(name, tmp_path, log) for name in "abc"], tmp_path / "locks")
    assert log == ["a", "c"]


def test_a_lock_is_held_for_others_and_let_go_of(tmp_path: Path) -> None:
    with claimed(tmp_path / "one.lock") as mine:
        assert mine
        with claimed(tmp_path / "one.lock") as again:
            assert not again
        with claimed(tmp_path / "other.lock") as other:
            assert other
    with claimed(tmp_path / "one.lock") as mine:
        assert mine


def test_a_unit_that_another_process_is_at_is_left_to_it_until_it_is_killed(tmp_path: Path) -> None:
    log: list[str] = []
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "locks" / "a.lock")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        passes = 0

        def units() -> list[Unit]:
            nonlocal passes
            passes += 1
            if passes == 3:
                # The others are done by now, and this one was not touched.
                assert log == ["b", "c"]
                holder.kill()
                holder.wait()
                time.sleep(0.05)
            return [unit(name, tmp_path, log) for name in "abc"]

        share(units, tmp_path / "locks")
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close() if holder.stdout else None
    assert log == ["b", "c", "a"]
    assert passes >= 3


def test_a_unit_that_another_process_finishes_is_not_done_again(tmp_path: Path) -> None:
    log: list[str] = []
    with claimed(tmp_path / "locks" / "a.lock"):
        passes = 0

        def units() -> list[Unit]:
            nonlocal passes
            passes += 1
            if passes == 2:
                (tmp_path / "a").touch()
            return [unit(name, tmp_path, log) for name in "ab"]

        share(units, tmp_path / "locks")
    assert log == ["b"]
