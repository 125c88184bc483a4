"""Handing in results: what is checked, what is refused, and the pull request."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.cli.main import main
from synth_builder.errors import MissingExtraError, PublishError, StudyError
from synth_builder.studies.findings.catalogue import findings
from synth_builder.studies.leaderboard.board.board import read_board
from synth_builder.studies.leaderboard.board.content_hash import content_hash
from synth_builder.studies.leaderboard.submitting.submit import description, submit
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.study import Study
from tests.servers.hub import HubServer
from tests.servers.hub_clients import pointed_at
from tests.servers.loopback import REFUSE, status
from tests.studies.leaderboard.handed_in import small, with_fingerprint

BOARD = "bob/board"
RELEASE = "ada/films"


def published(results: StudyResults, source: str | None = f"{RELEASE}@v1.0.0") -> StudyResults:
    return results.model_copy(
        update={"variants": tuple(each.model_copy(update={"source": source}) for each in results.variants)}
    )


@pytest.fixture
def boards(hub: HubServer) -> HubServer:
    """Bob's leaderboard, and ada's release of two variants."""
    hub.add(BOARD, {"README.md": b"# Board\n"})
    release = hub.add(RELEASE, {f"provenance/{name}.json": b"{}" for name in ("zero_shot", "few_shot")})
    release.tags["v1.0.0"] = release.head
    return hub


@pytest.fixture
def written(tmp_path: Path) -> Callable[[StudyResults], Path]:
    def write(results: StudyResults) -> Path:
        results.write(tmp_path / "study" / "results.json")
        return tmp_path / "study" / "results.json"

    return write


def test_results_are_handed_in_by_a_pull_request(boards: HubServer, written: Callable[..., Path]) -> None:
    results = published(small(name="films"))
    file = written(results)
    submission, proposed = submit(file.parent, BOARD)  # as ada, who may not write there
    path = f"results/films-{results.fingerprint[:12]}-{content_hash(results)[:12]}.json"
    assert submission.path == path and submission.notes == ()
    assert proposed is not None and proposed.link == f"{boards.url}/datasets/{BOARD}/discussions/1"
    repo = boards.repositories[BOARD]
    pull = repo.pull_requests[1]
    assert (pull.author, pull.title) == ("ada", "Results of films")
    assert pull.head.files[path].content == file.read_bytes()
    assert path not in repo.head.files
    repo.merge(1, "bob")
    assert len(read_board(BOARD).entries) == len(results.cells)


def test_the_pull_request_says_how_to_compute_it_again(boards: HubServer, written: Callable[..., Path]) -> None:
    results = with_fingerprint(published(small(name="films", study={"name": "films", "tasks": {"sst2": "a|b"}})))
    submit(written(results), BOARD)
    text = boards.repositories[BOARD].pull_requests[1].description
    for said in (
        "Results of the study `films`: 18 ways of training, 1 tasks, 2 variants, 3 seeds.",
        "| sst2 | tfidf | real rows alone | real 100 |",
        "`synth-builder study study.yaml`",
        "- sst2, few\\_shot: 200 rows by SmolLM2-135M-Instruct, ada/films@v1.0.0",
        "no keys, no local paths",
        results.fingerprint,
    ):
        assert said in text, said
    study = text.partition("```yaml\n")[2].partition("\n```")[0]
    assert yaml.safe_load(study) == results.study


def test_scores_without_an_interval_can_be_handed_in(boards: HubServer, written: Callable[..., Path]) -> None:
    results = published(small())
    bare = results.cells[0].accuracy.model_copy(update={"low": None, "high": None})
    cells = (results.cells[0].model_copy(update={"accuracy": bare}), *results.cells[1:])
    submission, _ = submit(written(results.model_copy(update={"cells": cells})), BOARD)
    assert f"| {bare.mean:.3f} | none |" in description(submission)


def test_with_check_only_nothing_is_opened(boards: HubServer, written: Callable[..., Path]) -> None:
    _, proposed = submit(written(published(small())), BOARD, check_only=True)
    assert proposed is None and boards.repositories[BOARD].pull_requests == {}


def refusal(file: Path, **options: Any) -> str:
    with pytest.raises(StudyError) as error:
        submit(file, BOARD, **options)
    return str(error.value)


def test_what_was_changed_after_the_study_is_refused(boards: HubServer, written: Callable[..., Path]) -> None:
    honest = published(small())
    changed = honest.model_copy(update={"study": {**honest.study, "seeds": 99}})
    assert "fingerprint is " in refusal(written(changed))
    cell = honest.cells[0]
    better = cell.model_copy(update={"accuracy": cell.accuracy.model_copy(update={"mean": 0.99, "high": 0.999})})
    told = refusal(written(honest.model_copy(update={"cells": (better, *honest.cells[1:])})))
    assert "cells[0].accuracy.mean is 0.99; the mean of its accuracies is" in told
    assert boards.repositories[BOARD].pull_requests == {}


def test_rows_that_nobody_can_load_are_refused_unless_it_is_said(
    boards: HubServer, written: Callable[..., Path]
) -> None:
    file = written(small())
    told = refusal(file)
    assert "not published, so that others can't repeat it: sst2/zero_shot, sst2/few_shot" in told
    assert "--allow-unpublished" in told
    assert "run the study on them with `published: owner/name@v1.0.0` in the study's task" in told
    assert Study.parse({"name": "films", "tasks": {"sst2": {"published": "owner/name@v1.0.0"}}}, "the study")
    submission, proposed = submit(file, BOARD, allow_unpublished=True)
    assert submission.notes == ("Not published, so that others can't repeat it: sst2/zero_shot, sst2/few_shot.",)
    assert proposed is not None
    text = boards.repositories[BOARD].pull_requests[1].description
    assert "Not published, so that others can't repeat it" in text


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("ada/none@v1.0.0", "there is no public dataset ada/none on the Hub"),
        ("ada/films@v9.0.0", "ada/films can't be read at the revision 'v9.0.0'"),
        ("ada/hidden@main", "there is no public dataset ada/hidden on the Hub"),
        ("bob/board@main", "bob/board@main is no release with this variant"),
        ("ada/films", "source is 'ada/films'; expected owner/name@revision"),
    ],
)
def test_a_release_that_is_not_there_is_refused(
    boards: HubServer, written: Callable[..., Path], source: str, told: str
) -> None:
    boards.add("ada/hidden", {"provenance/few_shot.json": b"{}"}, private=True)
    found = refusal(written(published(small(), source)))
    assert f"variant sst2/zero_shot: {told}" in found and f"variant sst2/few_shot: {told}" in found


def test_a_release_is_asked_for_once(boards: HubServer, written: Callable[..., Path]) -> None:
    submit(written(published(small())), BOARD, check_only=True)
    asked = [request for request in boards.requests if f"datasets/{RELEASE}" in str(request)]
    assert len(asked) == 2  # the head, and the revision


def test_secrets_and_paths_are_refused_with_their_place(boards: HubServer, written: Callable[..., Path]) -> None:
    token = "hf_" + "a1B2" * 8
    results = small(notes=(f"asked with {token}",), study={"tasks": {"sst2": {"recipe": "/home/ada/sst2.yaml"}}})
    told = refusal(written(with_fingerprint(published(results))))
    assert "notes[0] holds a Hugging Face token" in told
    assert "study.tasks.sst2.recipe holds the path '/home/ada/sst2.yaml' of a machine" in told
    assert token not in told
    assert boards.requests == []


def test_a_name_that_leads_elsewhere_is_refused(boards: HubServer, written: Callable[..., Path]) -> None:
    assert "name is '../../x'" in refusal(written(published(small(name="../../x"))))


def test_a_file_of_another_form_is_refused_without_repeating_it(boards: HubServer, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"token": "hf_secret"}), encoding="utf-8")
    told = refusal(file)
    assert "can't be handed in: it is no results.json of this version" in told and "hf_secret" not in told
    assert "can't be read" in refusal(tmp_path / "none.json")


def test_the_same_results_are_not_handed_in_twice(boards: HubServer, written: Callable[..., Path]) -> None:
    file = written(published(small()))
    submit(file, BOARD)
    boards.repositories[BOARD].merge(1, "bob")
    with pytest.raises(PublishError, match="has these results already, as results/made_up-"):
        submit(file, BOARD)


def test_two_who_repeat_a_study_stand_side_by_side(boards: HubServer, written: Callable[..., Path]) -> None:
    first = published(small())
    again = first.model_copy(update={"created": "2026-02-02T00:00:00+00:00", "seconds": 99.0})
    assert first.fingerprint == again.fingerprint
    for number, results in enumerate((first, again), 1):
        submit(written(results), BOARD)
        boards.repositories[BOARD].merge(number, "bob")
    board = read_board(BOARD)
    assert list(board.studies.values()) in ([first, again], [again, first])
    assert len(board.by_id) == len(board.entries) == 36 and board.notices == ()


def test_errors_of_the_hub_hold_no_token(
    boards: HubServer, written: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(published(small()))
    boards.order("POST /api/datasets/*/commit/main", *[status(403)] * 3)
    assert main(["submit", str(file), "--to", BOARD, "--debug"]) == 1
    with pointed_at(boards.url, tmp_path / "nobody", "hf_wrong"):
        assert main(["submit", str(file), "--to", BOARD, "--debug"]) == 1
    assert main(["submit", str(file), "--to", "bob/none"]) == 1
    told = "".join(capsys.readouterr())
    assert "403" in told and "There is no dataset bob/none" in told
    assert "hf_ada" not in told and "hf_wrong" not in told


def test_the_command_tells_what_it_did(
    boards: HubServer, written: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    results = small()
    words = ["submit", str(written(results)), "--to", BOARD]
    assert main(words) == 1
    assert "These results can't be handed in yet:\n  - not published" in capsys.readouterr().err
    assert main([*words, "--allow-unpublished", "--check-only"]) == 0
    path = f"results/made_up-{results.fingerprint[:12]}-{content_hash(results)[:12]}.json"
    assert capsys.readouterr().out == (
        "Note: Not published, so that others can't repeat it: sst2/zero_shot, sst2/few_shot.\n"
        f"Nothing is wrong. It would be handed in as {path}.\n"
    )
    assert main([*words, "--allow-unpublished"]) == 0
    assert f"Handed in as {path}: {boards.url}/datasets/{BOARD}/discussions/1" in capsys.readouterr().out


@pytest.mark.parametrize("variants", [published(small()), small()], ids=["release", "board"])
def test_a_hub_that_can_not_be_reached_is_told_for_this_command(
    boards: HubServer, written: Callable[..., Path], variants: StudyResults
) -> None:
    boards.order("GET /api/datasets/*", REFUSE)
    told = (
        r"The Hub can't be reached \(.*; try again later: `submit` checks the results and hands them in from the start"
    )
    with pytest.raises((PublishError, StudyError), match=told):
        submit(written(variants), BOARD, allow_unpublished=True)


def with_wrong_answer() -> StudyResults:
    results = published(small())
    first, *others = findings(results)
    other = "no" if first.answer == "yes" else "yes"
    return results.model_copy(update={"findings": (first.model_copy(update={"answer": other}), *others)})


def test_an_answer_that_does_not_follow_is_refused(boards: HubServer, written: Callable[..., Path]) -> None:
    with pytest.raises(StudyError, match=r"findings\[0\] answers 'mixing_fewest' with"):
        submit(written(with_wrong_answer()), BOARD, check_only=True)


def test_answers_that_could_not_be_computed_again_are_told(
    boards: HubServer, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(results: StudyResults) -> list[str]:
        raise MissingExtraError("scipy is not installed.")

    monkeypatch.setattr("synth_builder.studies.leaderboard.submitting.submission.unfounded", lacking)
    submission, _ = submit(written(with_wrong_answer()), BOARD, check_only=True)
    assert submission.notes == ("The findings were not computed again: scipy is not installed.",)
