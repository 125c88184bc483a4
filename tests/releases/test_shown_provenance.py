from pathlib import Path
from typing import Any

import pytest

from synth_builder.releases.card.card import write_card
from synth_builder.releases.shown_provenance import shown_provenance
from tests.publishing.releases import built


@pytest.mark.parametrize(
    ("model", "flags"),
    [
        ("Qwen/Qwen3-8B", "--engine openai --endpoint URL --model Qwen/Qwen3-8B"),
        ("/home/ada/q8", "--engine openai --endpoint URL"),
    ],
)
def test_the_card_tells_of_a_model_in_a_folder_by_its_last_part(
    one_column: dict[str, Any], tmp_path: Path, model: str, flags: str
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    told = release.read_provenance("zero_shot") or {}
    engine = {**told["engine"], "engine": "openai", "model": model}
    counts = dict.fromkeys(("check_requests", "checker_prompt_tokens", "checker_completion_tokens"), 1)
    tally = {**told["tally"], **counts}
    release.write_provenance("zero_shot", {**told, "engine": engine, "checker": engine, "tally": tally})
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    assert f"{flags}\n" in text
    assert f"- {model.rpartition('/')[2]}\n" in text
    assert "/home" not in text


def test_what_has_another_form_stays_as_it_is() -> None:
    for told in ({}, {"engine": None, "generation": 3}, {"engine": {"model": None}, "generation": {"filters": "x"}}):
        assert shown_provenance(told) == told
