import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synth_builder.scoring.results import old_runs
from synth_builder.scoring.results.finished_runs import FinishedRuns
from synth_builder.scoring.results.old_runs import MARK, remove_old_runs
from synth_builder.scoring.results.regime_scores import Run

NOW = 1_700_000_000.0  # long before what the clock says now
DAY = 86_400.0
RUN = Run(
    seed=0, accuracy=1, macro_f1=1, per_label_f1={}, train_fingerprint="", steps=1, seconds=1.0, predictions=(0, 1)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def kept(folder: Path, *days: float) -> list[Path]:
    """Trainings of seed 0, 1, ..., last used so many days before now."""
    runs, paths = FinishedRuns(folder, {}), []
    for seed, ago in enumerate(days):
        runs.add({"seed": seed}, RUN, None)
        paths.append(runs._path({"seed": seed}))
        os.utime(paths[-1], (NOW - ago * DAY, NOW - ago * DAY))
    return paths


def left(folder: Path) -> set[Path]:
    return set(folder.rglob("*.json"))


def test_what_was_not_used_for_90_days_goes(folder: Path) -> None:
    new, almost, old, older = kept(folder, 0, 89.9, 90.1, 400)
    remove_old_runs(folder, NOW)
    assert left(folder) == {new, almost}
    assert not old.exists() and not older.exists()


def test_what_was_looked_up_is_used(folder: Path) -> None:
    (used, _) = kept(folder, 400, 400)
    runs = FinishedRuns(folder, {})
    assert runs.get({"seed": 0}) is not None
    assert runs.get({"seed": 7}) is None
    remove_old_runs(folder, used.stat().st_mtime)
    assert left(folder) == {used}


def test_what_can_not_be_marked_as_used_is_taken_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(folder, 400)

    def refused(path: Path) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(os, "utime", refused)
    assert FinishedRuns(folder, {}).get({"seed": 0}) is not None


def test_of_too_many_those_go_that_were_not_used_for_the_longest_time(folder: Path) -> None:
    third, first, fourth, second = kept(folder, 30, 10, 40, 20)
    remove_old_runs(folder, NOW, most_files=3)
    assert left(folder) == {first, second, third}
    assert not fourth.exists()


def test_so_it_is_where_they_are_too_large(folder: Path) -> None:
    third, first, second = kept(folder, 30, 10, 20)
    size = first.stat().st_size
    remove_old_runs(folder, NOW, most_bytes=2 * size)
    assert left(folder) == {first, second}
    assert not third.exists()


def test_it_is_done_once_a_day(folder: Path) -> None:
    (old,) = kept(folder, 400)
    remove_old_runs(folder, NOW)
    assert not old.exists()
    (old,) = kept(folder, 400)
    remove_old_runs(folder, NOW + 0.9 * DAY)
    assert old.exists()
    remove_old_runs(folder, NOW + 1.1 * DAY)
    assert not old.exists()


def test_a_mark_of_a_wrong_clock_does_not_put_it_off(folder: Path) -> None:
    (old,) = kept(folder, 400)
    (folder / MARK).touch()
    os.utime(folder / MARK, (NOW + 1000 * DAY, NOW + 1000 * DAY))
    remove_old_runs(folder, NOW)
    assert not old.exists()


def test_nothing_but_trainings_goes_and_what_a_killed_process_left(folder: Path) -> None:
    (old,) = kept(folder, 400)
    ours = [folder / "notes.json", folder / "ab" / "notes.txt", folder / "more" / old.name, old.with_suffix(".bak")]
    begun = old.with_name(f"{old.name}.{'0' * 32}.partial")
    abandoned = old.with_name(f"{old.name}.{'1' * 32}.partial")
    for path, ago in ((begun, 0.5), (abandoned, 1.5), *((path, 400.0) for path in ours)):
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (NOW - ago * DAY, NOW - ago * DAY))
    remove_old_runs(folder, NOW)
    assert all(path.exists() for path in [*ours, begun])
    assert not old.exists() and not abandoned.exists()


def test_folders_elsewhere_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (old,) = kept(tmp_path / "elsewhere", 400)
    folder.mkdir()
    (folder / old.parent.name).symlink_to(old.parent, target_is_directory=True)
    remove_old_runs(folder, NOW)
    assert old.exists()


def test_what_is_used_in_the_last_moment_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (old, other) = kept(folder, 400, 401)
    removed = old_runs._removed

    def used_before(file: old_runs._File) -> bool:
        if file.path == str(old):
            assert FinishedRuns(folder, {}).get({"seed": 0}) is not None
        return removed(file)

    monkeypatch.setattr(old_runs, "_removed", used_before)
    remove_old_runs(folder, NOW)
    assert left(folder) == {old}
    assert not other.exists()


def test_several_at_once_do_each_other_no_harm(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_runs, "_is_due", lambda mark, now: True)
    kept(folder, *[400] * 60)
    runs = FinishedRuns(folder, {"new": True})

    def work(number: int) -> None:
        runs.add({"seed": number}, RUN, None)
        remove_old_runs(folder)
        assert runs.get({"seed": number}) is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert left(folder) == {runs._path({"new": True, "seed": number}) for number in range(40)}
    assert caplog.text == ""


def test_what_another_process_removed_is_no_trouble(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (quicker, ours) = kept(folder, 401, 400)
    removed = old_runs._removed

    def removed_before(file: old_runs._File) -> bool:
        quicker.unlink(missing_ok=True)
        return removed(file)

    monkeypatch.setattr(old_runs, "_removed", removed_before)
    with caplog.at_level(logging.INFO):
        remove_old_runs(folder, NOW)
    assert not ours.exists()
    assert [record.message for record in caplog.records] == [f"Removed 1 of 2 finished trainings from {str(folder)!r}"]


def test_a_folder_that_is_not_there_stays_away(folder: Path) -> None:
    remove_old_runs(folder, NOW)
    assert not folder.exists()


def test_what_can_not_be_removed_is_told_and_stays(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = kept(folder, 400)

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refused)
    remove_old_runs(folder, NOW)
    assert old.exists()
    assert f"{str(old)!r} can't be removed" in caplog.text


def test_a_mark_that_can_not_be_set_is_told(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = kept(folder, 400)

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refused)
    remove_old_runs(folder, NOW)
    assert old.exists()
    assert f"Old trainings can't be looked for in {str(folder)!r}" in caplog.text


def test_what_was_removed_is_told_to_who_asks(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept(folder, 1, 400)
    with caplog.at_level(logging.INFO):
        remove_old_runs(folder, NOW)
    assert f"Removed 1 of 2 finished trainings from {str(folder)!r}" in caplog.text
