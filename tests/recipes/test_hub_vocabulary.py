import importlib.resources
import json
import re
from typing import Any

import pytest

from synth_builder.recipes.hub_vocabulary import (
    TASK_CATEGORY,
    hub_vocabulary,
    unknown_language,
    unknown_license,
    unknown_task,
)


def of_datasets(name: str) -> Any:
    """A list of the Hub's words that ships with `datasets`."""
    return json.loads((importlib.resources.files("datasets.utils.resources") / name).read_text(encoding="utf-8"))


def test_the_list_has_its_date_and_where_it_is_from() -> None:
    words = hub_vocabulary()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", words["date"])
    assert set(words["sources"]) == {
        "licenses",
        "task_ids",
        "languages, creators, multilinguality, size_categories",
    }


def test_the_words_are_those_that_ship_with_datasets() -> None:
    words = hub_vocabulary()
    creators, sizes = of_datasets("creators.json"), of_datasets("size_categories.json")
    assert words["annotations_creators"] == creators["annotations"]
    assert words["language_creators"] == creators["language"]
    assert words["multilinguality"] == list(of_datasets("multilingualities.json"))
    assert words["size_categories"] == [size for size in sizes if size != "unknown"]
    assert set(words["languages"]) == {code for code in of_datasets("languages.json") if len(code) == 2}
    assert words["task_categories"] == [TASK_CATEGORY]


@pytest.mark.parametrize("code", ["en", "nb", "gsw", "code", "multilingual"])
def test_a_language_of_the_hub_is_let_pass(code: str) -> None:
    assert unknown_language(code) is None


@pytest.mark.parametrize(
    ("code", "likely"), [("German", "de"), ("EN", "en"), ("zh_Hans", "zh"), ("greek", "el"), ("xx", None)]
)
def test_another_language_is_named_with_its_code(code: str, likely: str | None) -> None:
    problem = unknown_language(code)
    assert problem is not None and problem.startswith(f"{code!r} is no language")
    assert (f"Did you mean {likely!r}?" in problem) if likely else ("Give ISO 639 codes" in problem)


def test_licences_and_tasks() -> None:
    assert unknown_license("cc0-1.0") is None and unknown_task("topic-classification") is None
    assert "Did you mean 'mit'?" in str(unknown_license("MIT"))
    assert "Did you mean 'cc-by-4.0'?" in str(unknown_license("cc-by4.0"))
    assert "Known: acceptability-classification" in str(unknown_task("poetry"))
