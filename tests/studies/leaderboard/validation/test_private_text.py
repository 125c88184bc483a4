"""Keys and paths of a machine are found in a file before it is handed in."""

from pathlib import Path
from typing import Any

import pytest

from synth_builder.studies.leaderboard.validation.private_text import private_places
from tests.studies.made_up import made_up

TOKEN = "hf_" + "a1B2" * 8


def test_nothing_is_found_in_honest_results() -> None:
    assert private_places(made_up().model_dump(mode="json")) == []


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"the token is {TOKEN}.",
        "sk-" + "a" * 40,
        "ghp_" + "a" * 36,
        "AKIA" + "ABCDEFGH12345678",
        "Authorization: Bearer abcdefghijklmnop.qrstuv",
        "-----BEGIN RSA PRIVATE KEY-----",
        "https://ada:secret@example.com/v1",
    ],
)
def test_a_secret_is_told_with_its_place_and_not_repeated(text: str) -> None:
    (found,) = private_places({"study": {"engine": {"endpoint": ["http://a", text]}}})
    assert found.startswith("study.engine.endpoint[1] holds ") and text[8:20] not in found


@pytest.mark.parametrize(
    "text",
    [
        "/home/ada/rows.csv",
        "/srv/models/llama",
        "~/rows.csv",
        "C:\\Users\\ada\\rows.csv",
        "file:///etc/x",
        "\\\\server\\rows",
        "read from /home/ada/rows.csv in the night",
        "12 rows of '/tmp/x/test.csv' stand there",
    ],
)
def test_a_path_of_a_machine_is_told_with_its_place(text: str) -> None:
    (found,) = private_places({"tasks": [{"test_reference": text}]})
    assert found.startswith("tasks[0].test_reference holds the path ")


@pytest.mark.parametrize(
    "text",
    [
        "owner/name:test",
        "recipes/sst2.yaml",
        "hub:owner/name@v1.0.0",
        "http://127.0.0.1:8080/v1",
        "https://huggingface.co/home/x",
        "and/or",
        "12/24",
        "/",
        "a task-based-dialogue-that-is-quite-long",
        "sha256:0123",
        "meta-llama/Llama-3.1-8B",
        "time: 12:30",
    ],
)
def test_names_and_addresses_are_no_paths(text: str) -> None:
    assert private_places([text]) == []


def test_names_of_keys_are_looked_at_too() -> None:
    assert private_places({"versions": {TOKEN: "1"}}) == ["a name in versions holds a Hugging Face token"]


def test_texts_of_models_may_name_paths_but_none_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))

    def samples(text: str) -> dict[str, Any]:
        return {"variants": [{"samples": [{"text": text}]}]}

    assert private_places(samples("Where is /home/user/.bashrc?")) == []
    assert private_places(samples("see /home/ada/x")) == [
        "variants[0].samples[0].text holds the path '/home/ada' of a machine"
    ]
    assert private_places(samples(TOKEN))
