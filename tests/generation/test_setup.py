from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineInfo
from synth_builder.errors import RealDataError, RecipeError, UnknownNameError
from synth_builder.filters.verification import Verification
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from tests.small_tasks import FILM_TESTS

CHAT = EngineInfo(engine="scripted", model="chatty", chat_template=True)
PLAIN = EngineInfo(engine="scripted", model="plain", chat_template=False)


def recipe_of(data: dict[str, Any], folder: Path) -> Recipe:
    return Recipe.from_dict(data, directory=folder)


def test_a_train_row_that_is_also_a_test_row_is_never_shown(recipe: Recipe) -> None:
    setup = set_up(recipe, "few_shot")
    assert setup.demonstrations is not None
    shown = {row.columns["text"] for row in setup.demonstrations.rows}
    assert len(shown) == 11 and setup.demonstrations.left_out == 1
    assert shown.isdisjoint({text for texts in FILM_TESTS.values() for text in texts})
    strategy = setup.strategy(CHAT)
    prompts = [strategy.draw(slot).request.messages[-1].content for slot in setup.plan().slots()]
    assert prompts and not any(text in prompt for texts in FILM_TESTS.values() for text in texts for prompt in prompts)


def test_test_rows_are_held_back_from_prompts_also_without_the_contamination_filter(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["generation"]["filters"] = ["length"]
    setup = set_up(recipe_of(one_column, tmp_path), "few_shot")
    assert setup.demonstrations is not None and setup.demonstrations.left_out == 1


def test_test_rows_reach_only_filters_that_ask_for_them(recipe: Recipe) -> None:
    setup = set_up(recipe, "zero_shot")
    assert len(setup.test_rows) == 4
    assert [type(made).name for made in setup.filters()] == [
        "length",
        "refusal",
        "label_leakage",
        "duplicates",
        "demonstration_copies",
        "contamination",
    ]


def test_real_rows_that_nobody_needs_are_not_read(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["filters"] = ["length"]
    one_column["real"] = {"train": "owner/name:train", "test": "owner/name:test"}
    setup = set_up(recipe_of(one_column, tmp_path), "zero_shot")
    assert (setup.demonstrations, setup.test_rows) == (None, ())


def test_a_strategy_that_shows_rows_wants_some(one_column: dict[str, Any], tmp_path: Path) -> None:
    del one_column["real"]
    with pytest.raises(RecipeError, match=r"Variant 'few_shot' shows real rows .* add real\.train"):
        set_up(recipe_of(one_column, tmp_path), "few_shot")


def test_more_rows_to_show_than_there_are_is_told_beforehand(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"]["few_shot"]["k"] = 6
    with pytest.raises(
        RealDataError, match=r"6 demonstrations of one label, real\.train has 5 usable rows of 'negative'"
    ):
        set_up(recipe_of(one_column, tmp_path), "few_shot")


def test_a_variant_that_is_not_there(recipe: Recipe) -> None:
    with pytest.raises(UnknownNameError, match=r"no variant 'few_shots'\. Did you mean 'few_shot'"):
        set_up(recipe, "few_shots")


def test_the_prompt_form_follows_the_model_unless_the_recipe_says_one(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["variants"]["plain"] = {"strategy": "zero_shot", "prompt_form": "completion"}
    one_column["variants"]["chat"] = {"strategy": "zero_shot", "prompt_form": "chat"}
    recipe = recipe_of(one_column, tmp_path)
    assert set_up(recipe, "zero_shot").strategy(CHAT).setting.prompt_form == "chat"
    assert set_up(recipe, "zero_shot").strategy(PLAIN).setting.prompt_form == "completion"
    assert set_up(recipe, "plain").strategy(CHAT).setting.prompt_form == "completion"
    with pytest.raises(RecipeError, match="'plain' has no chat template; set prompt_form: completion"):
        set_up(recipe, "chat").strategy(PLAIN)


def test_the_fingerprint_follows_what_decides_the_rows(one_column: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipe_of(one_column, tmp_path)
    zero_shot, few_shot = (set_up(recipe, name).fingerprint for name in ("zero_shot", "few_shot"))
    assert zero_shot != few_shot
    one_column["card"]["pretty_name"] = "Another title"
    assert set_up(recipe_of(one_column, tmp_path), "few_shot").fingerprint == few_shot
    # A train row is shown by few_shot alone.
    with (tmp_path / "train.csv").open("a", encoding="utf-8") as file:
        file.write("One more row of the real data.,positive\n")
    assert set_up(recipe, "zero_shot").fingerprint == zero_shot
    assert set_up(recipe, "few_shot").fingerprint != few_shot
    # A test row is compared with by both.
    with (tmp_path / "test.csv").open("a", encoding="utf-8") as file:
        file.write("One more row of the test data.,positive\n")
    assert set_up(recipe, "zero_shot").fingerprint != zero_shot


def test_a_filter_that_learns_gets_train_rows_that_stand_in_no_test(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["generation"]["filters"] = [{"verification": {"by": "classifier"}}]
    setup = set_up(recipe_of(one_column, tmp_path), "zero_shot")
    texts = {row.columns["text"] for row in setup.train_rows}
    assert len(texts) == 11 and "The plot drags through two tired hours." not in texts
    # They are not shown to a model.
    assert setup.demonstrations is None
    one_column["generation"]["filters"] = ["verification"]
    assert set_up(recipe_of(one_column, tmp_path), "few_shot").train_rows == ()


def test_a_filter_that_learns_wants_train_rows_of_each_label(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["filters"] = [{"verification": {"by": "classifier"}}]
    (tmp_path / "train.csv").write_text("sentence,label\nA fine film.,positive\n", encoding="utf-8")
    with pytest.raises(RealDataError, match=r"real\.train has no usable row of 'negative'; give at least one of each"):
        set_up(recipe_of(one_column, tmp_path), "zero_shot")
    del one_column["real"]
    with pytest.raises(RecipeError, match=r"'verification' of variant 'zero_shot' learns .* add real\.train"):
        set_up(recipe_of(one_column, tmp_path), "zero_shot")


def test_what_a_filter_asks_is_among_the_templates_and_in_the_fingerprint(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "verification" not in set_up(recipe_of(one_column, tmp_path), "zero_shot").templates
    one_column["generation"]["filters"] = ["verification"]
    before = set_up(recipe_of(one_column, tmp_path), "zero_shot")
    assert before.templates["verification"] == Verification.templates()["verification"]
    monkeypatch.setattr(Verification, "templates", lambda: {"verification": "Which one?"})
    assert set_up(recipe_of(one_column, tmp_path), "zero_shot").fingerprint != before.fingerprint


def test_filters_are_told_how_the_engine_is_asked(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["filters"] = ["length", "verification"]
    setup = set_up(recipe_of(one_column, tmp_path), "zero_shot")
    assert [(one.prompt_form, one.grammar) for one in setup.filters("completion")] == [("completion", False)] * 2
    assert [(one.prompt_form, one.grammar) for one in setup.filters("chat", True)] == [("chat", True)] * 2
