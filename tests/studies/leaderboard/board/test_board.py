"""Reading results from files, folders and the Hub: what can't be shown is told."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import PublishError, StudyError
from synth_builder.studies.leaderboard.board import results_files
from synth_builder.studies.leaderboard.board.board import read_board
from tests.servers.hub import HubServer
from tests.servers.loopback import REFUSE
from tests.studies.leaderboard.handed_in import small, write_studies
from tests.studies.made_up import made_up


def as_bytes(**changes: Any) -> bytes:
    return small(**changes).model_dump_json().encode()


def test_results_are_found_in_folders_of_studies_and_in_folders_called_results(tmp_path: Path) -> None:
    small(name="one").write(tmp_path / "runs" / "one" / "results.json")
    small(name="two").write(tmp_path / "results" / "two-0123.json")
    small(name="three").write(tmp_path / "elsewhere" / "three.json")
    assert list(read_board(tmp_path).studies) == ["results/two-0123.json", "runs/one/results.json"]
    assert list(read_board(str(tmp_path / "results")).studies) == ["two-0123.json"]
    assert list(read_board(tmp_path / "elsewhere" / "three.json").studies) == ["three.json"]


def test_files_that_cant_be_read_are_told_and_the_others_are_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_studies(tmp_path, small())
    for name, content in {
        "a_words": b"hello",
        "b_newer": as_bytes().replace(b'"schema_version":1', b'"schema_version":2'),
        "c_unknown": as_bytes().replace(b'"schema_version":1', b'"schema_version":1,"more":"hf_secret"'),
        "d_deep": b"[" * 100_000,
        "e_bytes": b'{"name": "\xff"}',
        "f_endless": as_bytes().replace(b'"seconds":3.5', b'"seconds":Infinity', 1),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        board = read_board(tmp_path)
    assert list(board.studies) == ["study_0/results.json"] and len(board.entries) == 18
    assert [notice.split("/")[0] for notice in board.notices] == [
        "a_words",
        "b_newer",
        "c_unknown",
        "d_deep",
        "e_bytes",
        "f_endless",
    ]
    assert "schema_version: Input should be 1" in board.notices[1]
    assert "more: Extra inputs are not permitted" in board.notices[2]
    assert "cells[0].seconds is inf; expected a finite number" in board.notices[5]
    assert len(caplog.records) == 6 and "hf_secret" not in caplog.text + "".join(board.notices)


def test_results_that_cant_be_true_are_not_shown(tmp_path: Path) -> None:
    results = small()
    cell = results.cells[0].model_copy(update={"accuracies": (1.5,)})
    write_studies(tmp_path, results.model_copy(update={"cells": (cell, *results.cells[1:])}))
    board = read_board(tmp_path)
    assert board.entries == () and "cells[0].accuracies[0] is 1.5; expected 0 to 1" in board.notices[0]


def test_a_copy_of_the_same_results_is_told_and_shown_once(tmp_path: Path) -> None:
    board = read_board(write_studies(tmp_path, small(), small()))
    assert len(board.entries) == 18
    assert board.notices == ("study_1/results.json is not shown: it holds the same results as study_0/results.json.",)


def test_other_results_of_the_same_study_at_the_same_time_are_others(tmp_path: Path) -> None:
    first = small()
    cell = first.cells[0].model_copy(update={"seconds": 99.0})
    board = read_board(write_studies(tmp_path, first, first.model_copy(update={"cells": (cell, *first.cells[1:])})))
    assert len(board.by_id) == len(board.entries) == 36 and board.notices == ()


def test_the_same_results_in_other_white_space_are_the_same(tmp_path: Path) -> None:
    write_studies(tmp_path, small())
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "results.json").write_text(json.dumps(json.loads(small().model_dump_json()), sort_keys=True))
    board = read_board(tmp_path)
    assert len(board.entries) == 18 and "it holds the same results as study_0/results.json" in board.notices[0]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_files, "MOST_BYTES", 100)
    assert "it has 0 MB; expected 0 at most" in read_board(write_studies(tmp_path, small())).notices[0]


def test_an_empty_folder_gives_an_empty_page_that_says_so(tmp_path: Path) -> None:
    assert read_board(tmp_path).notices == ("There are no results here yet: no results.json was found.",)


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="There is no file or folder"):
        read_board(tmp_path / "nothing")
    with pytest.raises(StudyError, match=r"There is no file or folder '\./a/b'"):
        read_board("./a/b")


def test_results_are_read_from_the_hub_at_one_commit(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = hub.add("ada/board", {"results/old-1.json": as_bytes(name="old"), "README.md": b"# Board\n"})
    repo.tags["v1"] = repo.head
    repo.commit({"results/new-2.json": as_bytes(name="new"), "more/results.json": b"{}", "other.json": b"{}"})
    board = read_board("ada/board")
    assert list(board.studies) == ["results/new-2.json", "results/old-1.json"]
    assert len(board.notices) == 1 and board.notices[0].startswith("more/results.json is not shown")
    assert list(read_board("ada/board@v1").studies) == ["results/old-1.json"]
    assert hub.unknown == []


def test_large_files_are_not_fetched_from_the_hub(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_files, "MOST_BYTES", 1_000_000)
    hub.add("ada/board", {"results/a.json": b" " * 1_500_000, "results/b.json": as_bytes()})
    board = read_board("ada/board")
    assert list(board.studies) == ["results/b.json"]
    assert board.notices == ("results/a.json is not shown: it has 1 MB; expected 1 at most.",)
    assert not [request for request in hub.requests if "a.json" in json.dumps(str(request))]


def test_a_hub_that_can_not_be_reached_is_told_for_the_leaderboard(hub: HubServer) -> None:
    hub.order("GET /api/datasets/*", REFUSE)
    with pytest.raises(PublishError, match="try again later: the leaderboard reads all results when it starts"):
        read_board("ada/board")


def test_a_repository_that_is_not_there_is_an_error(hub: HubServer) -> None:
    with pytest.raises(PublishError, match="There is no dataset ada/none on the Hub"):
        read_board("ada/none")
    hub.add("ada/board", {})
    with pytest.raises(PublishError, match="lacks what was asked for"):
        read_board("ada/board@v9")
    with pytest.raises(PublishError, match="is no repository id"):
        read_board("ada/bo ard")


def test_a_page_of_many_studies_knows_where_each_entry_is_from(tmp_path: Path) -> None:
    board = read_board(write_studies(tmp_path, made_up(seed=1), made_up(seed=2)))
    for entry in board.entries:
        scored = board.results(entry).scored(entry.named[0], entry.named[1], entry.cell, entry.named[2])
        assert scored is not None and scored.accuracy.mean == entry.accuracy.mean
