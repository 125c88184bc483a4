import re
import sys
from pathlib import Path

import pytest

from synth_builder import progress
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import set_up
from synth_builder.progress import bar
from synth_builder.recipes.recipe import Recipe
from tests.small_tasks import some_unusable


class Clock:
    """Stands for the time: it goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_without_a_terminal_a_plain_line_comes_every_half_minute(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with bar(2000, "few_shot", "row") as shown:
        shown.set_postfix("3 rejected")
        for seconds in (10, 19, 1, 29, 1, 95):
            clock.now += seconds
            shown.update(300)
        clock.now += 30
        shown.set_postfix("waiting")
        shown.set_postfix("5 rejected")
    assert capsys.readouterr().err == (
        "few_shot: 900 of 2,000 rows after 0 min 30 s, about 0 min 37 s left | 3 rejected\n"
        "few_shot: 1,500 of 2,000 rows after 1 min 00 s, about 0 min 21 s left | 3 rejected\n"
        "few_shot: 1,800 of 2,000 rows after 2 min 35 s, about 0 min 19 s left | 3 rejected\n"
        "few_shot: 1,800 of 2,000 rows after 3 min 05 s, about 0 min 23 s left | waiting\n"
    )


def test_the_wait_before_the_first_unit_is_no_part_of_the_pace(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with bar(150, "few_shot", "row") as shown:
        clock.now += 49
        shown.update()
        clock.now += 30
        shown.update(50)
    assert capsys.readouterr().err == (
        "few_shot: 1 of 150 rows after 0 min 49 s\nfew_shot: 51 of 150 rows after 1 min 19 s, about 0 min 59 s left\n"
    )


def test_a_pace_of_less_than_five_seconds_is_not_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with bar(100, "few_shot", "row") as shown:
        clock.now += 27
        shown.update()
        clock.now += 4
        shown.update(10)
    assert capsys.readouterr().err == "few_shot: 11 of 100 rows after 0 min 31 s\n"


def test_on_a_terminal_neither_is_the_wait_a_part_of_the_pace(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("tqdm.std.time", clock.monotonic)
    with bar(101, "few_shot", "row") as shown:
        clock.now += 490
        shown.update()
        first = capsys.readouterr().err
        clock.now += 10
        shown.update(20)
    assert "1/101 [00:00<?" in first
    assert "21/101 [00:10<00:40,  2.00 row/s]" in capsys.readouterr().err


def test_what_is_done_within_half_a_minute_prints_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with bar(None, "score", "step") as shown:
        clock.now += 29
        shown.update(5)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_a_silent_bar_shows_nothing(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with bar(100, "score", "step", silent=True) as shown:
        clock.now += 31
        shown.set_postfix("seed 0")
        shown.update(50)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_the_bar_alone(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bar(10, "score", "step") as shown:
        clock.now += 60
        shown.update(5)
    told = capsys.readouterr().err
    assert "\r" in told and "5/10" in told and "after" not in told


def test_a_build_tells_rows_rejections_and_failures(
    recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    generate(set_up(recipe, "zero_shot"), ScriptedEngine(some_unusable(3)), tmp_path / "work").close()
    lines = capsys.readouterr().err.splitlines()
    assert all(
        re.fullmatch(r"zero_shot: \d+ of 16 rows after 0 min \d\d s(, about \d+ min \d\d s left)?( \| .*)?", line)
        for line in lines
    )
    assert lines[-1].startswith("zero_shot: 16 of 16 rows")
    assert re.search(r" \| \d+ rejected, 0 failed \| \d+ tokens$", lines[-1])


def test_what_turned_out_not_to_be_needed_counts_as_done(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with bar(300, "score", "step") as shown:
        shown.update(120)
        clock.now += 30
        shown.complete()
        clock.now += 30
        shown.complete()
        shown.set_postfix("the end")
    assert capsys.readouterr().err == (
        "score: 300 of 300 steps after 0 min 30 s\nscore: 300 of 300 steps after 1 min 00 s | the end\n"
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_without_a_pace_says_nothing_of_the_rest(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with bar(260, "few_shot", "row", paced=False) as shown:
        shown.update(112)
        clock.now += 31
        shown.update(112)
        shown.set_postfix("36 rejected")
    told = capsys.readouterr().err
    if terminal:
        assert told.rpartition("\r")[2] == "few_shot:  86%|████████▌ | 224/260, 36 rejected\n"
        assert "row/s" not in told and "[" not in told
    else:
        assert told == "few_shot: 224 of 260 rows after 0 min 31 s\n"


def test_a_bar_that_does_not_stay_is_gone_at_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bar(10, "asking", "slot", stays=False) as shown:
        shown.update(10)
    told = capsys.readouterr().err
    assert "asking: 100%" in told and told.endswith("\r") and not told.rstrip("\r").rpartition("\r")[2].strip()
