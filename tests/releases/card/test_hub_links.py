from typing import Any

import pytest

from synth_builder.releases.card.hub_links import linked_data, linked_model, model_page


def engine(model: str, name: str = "openai") -> dict[str, Any]:
    return {"engine": name, "model": model}


def test_a_name_with_the_form_of_a_hub_id_is_a_link() -> None:
    assert model_page(engine("Qwen/Qwen3-0.6B")) == "https://huggingface.co/Qwen/Qwen3-0.6B"
    assert linked_model(engine("a_b/c")) == r"[a\_b/c](https://huggingface.co/a_b/c)"


@pytest.mark.parametrize("name", ["gpt-oss", "/models/a", "./models", "a/b/c", "owner/na me", "o/n)](javascript:x"])
def test_any_other_name_is_just_a_name(name: str) -> None:
    assert model_page(engine(name)) is None
    assert "](" not in linked_model(engine(name)).replace(r"\]\(", "")


def test_engines_without_a_model_have_no_page() -> None:
    assert model_page(engine("a/b", "scripted")) is None and model_page(engine("none", "none")) is None


def test_real_data_are_a_link_or_the_name_of_a_file() -> None:
    assert linked_data("owner/films@v1:plain:train") == (
        "[owner/films@v1:plain:train](https://huggingface.co/datasets/owner/films)"
    )
    assert linked_data("../../home/ada/my_rows.csv") == r"my\_rows.csv"
