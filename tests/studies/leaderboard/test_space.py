"""The folder of the Space can be pushed as it is."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import synth_builder
from synth_builder.studies import leaderboard
from tests.servers.hub import HubServer
from tests.servers.hub_clients import environment, in_child
from tests.studies.leaderboard.handed_in import small

ROOT = Path(__file__).parents[3]
SPACE = Path(str(leaderboard.__file__)).parent / "space"


def card() -> tuple[dict[str, Any], str]:
    """Front matter and text."""
    _, matter, text = (SPACE / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(matter), text


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("LEADERBOARD_RESULTS", raising=False)
    yield importlib.import_module("synth_builder.studies.leaderboard.space.app")


def test_it_has_all_files_and_nothing_else() -> None:
    files = {path.name for path in SPACE.iterdir() if path.is_file()}
    assert files == {"README.md", "app.py", "requirements.txt"}


def test_the_front_matter_is_what_a_space_needs() -> None:
    matter, text = card()
    assert (matter["sdk"], matter["app_file"], matter["python_version"]) == ("gradio", "app.py", "3.11")
    assert re.fullmatch(r"\d+\.\d+\.\d+", matter["sdk_version"])
    assert len(matter["short_description"]) <= 60 and matter["license"] == "apache-2.0"
    assert {matter["colorFrom"], matter["colorTo"]} <= {"red", "yellow", "green", "blue", "indigo", "purple", "gray"}
    assert "LEADERBOARD_RESULTS" in text and "synth-builder submit" in text


def test_its_version_of_gradio_is_the_one_that_is_tested() -> None:
    pinned = re.search(r"^gradio==(.*)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned is not None and card()[0]["sdk_version"] == pinned[1]


def test_the_requirements_are_this_package_with_the_extra() -> None:
    lines = (SPACE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if not line.startswith("#"))
    requirement = Requirement(line)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert requirement.name == "synth-builder" and requirement.extras == {"leaderboard"} <= set(extras)
    assert requirement.specifier.contains(synth_builder.__version__)


def test_it_says_how_a_version_is_installed_that_no_registry_has() -> None:
    _, text = card()
    (line,) = re.findall(r"^synth-builder\[.*$", text, re.MULTILINE)
    requirement = Requirement(line)
    assert requirement.extras == {"leaderboard"}
    assert requirement.url is not None and requirement.url == (
        "https://huggingface.co/spaces/USER/leaderboard/resolve/main/"
        f"synth_builder-{synth_builder.__version__}-py3-none-any.whl"
    )
    wheel = requirement.url.rpartition("/")[2]
    assert f"hf upload USER/leaderboard dist/{wheel} {wheel} --repo-type space" in text
    assert "README.md" in (SPACE / "requirements.txt").read_text(encoding="utf-8")


def test_without_results_it_says_how_to_name_some(space: Any) -> None:
    board = space.board()
    assert board.entries == () and "set LEADERBOARD_RESULTS to owner/name" in board.notices[0]


def test_it_shows_the_results_beside_it(space: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small().write(tmp_path / "results" / "a.json")
    monkeypatch.setattr(space, "HERE", tmp_path / "results")
    assert len(space.board().entries) == 18


def test_it_shows_the_repository_that_the_variable_names(
    space: Any, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("ada/board", {"results/a.json": small().model_dump_json().encode()})
    monkeypatch.setenv("LEADERBOARD_RESULTS", " ada/board ")
    assert len(space.board().entries) == 18


def test_what_is_wrong_stands_on_the_page(space: Any, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADERBOARD_RESULTS", "ada/none")
    board = space.board()
    assert board.entries == () and "There is no dataset ada/none on the Hub" in board.notices[0]


def test_the_app_can_be_made_of_it(hub: HubServer, tmp_path: Path) -> None:
    pytest.importorskip("gradio", reason="needs the extra leaderboard")
    hub.add("ada/board", {"results/a.json": small().model_dump_json().encode()})
    code = """
        import os
        os.environ["LEADERBOARD_RESULTS"] = "ada/board"
        from synth_builder.studies.leaderboard.space.app import board, launch_settings, leaderboard_app
        app = leaderboard_app(board())
        print(len(app.blocks), app.analytics_enabled, sorted(launch_settings()))
    """
    assert environment(hub.url, tmp_path)["HF_ENDPOINT"] == hub.url
    told = in_child(code, hub.url, tmp_path / "child")
    assert "False" in told and "app_kwargs" in told
