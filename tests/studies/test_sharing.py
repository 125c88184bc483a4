import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

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


def test_a_lock_tells_who_had_it(tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(tmp_path / "one.lock"):
            pass
    assert (tmp_path / "one.lock").read_text() == str(os.getpid())


def test_a_unit_that_another_process_is_at_is_left_to_it_until_it_is_killed(tmp_path: Path) -> None:
    log: list[str] = []
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "locks" / "a.lock")], stdout=subprocess.PIPE, text=True
    )
    listed = 0

    def units() -> list[Unit]:
        nonlocal listed
        listed += 1
        return [unit(name, tmp_path, log) for name in "abc"]

    def pause(seconds: float) -> None:
        # The others are done by now, and this one was not touched.
        assert log == ["b", "c"] and listed == 1
        holder.kill()
        holder.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth_builder.studies.sharing.time.sleep", pause)
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            share(units, tmp_path / "locks")
        finally:
            holder.kill()
            holder.communicate()
    assert log == ["b", "c", "a"]
    assert listed == 2


def test_a_unit_that_another_process_finishes_is_not_done_again(tmp_path: Path) -> None:
    log: list[str] = []
    with ExitStack() as held, pytest.MonkeyPatch.context() as patch:
        assert held.enter_context(claimed(tmp_path / "locks" / "a.lock"))

        def pause(seconds: float) -> None:
            (tmp_path / "a").touch()
            held.close()

        patch.setattr("synth_builder.studies.sharing.time.sleep", pause)
        share(lambda: [unit(name, tmp_path, log) for name in "ab"], tmp_path / "locks")
    assert log == ["b"]
