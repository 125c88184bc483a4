"""What every registered strategy has to hold, for each kind of task, label mode, prompt form and engine."""

import json
from typing import Any, get_args

import pytest

from synth_builder.engines.base import Completion
from synth_builder.errors import RealDataError, RecipeError
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.text_identity import normalised
from synth_builder.registry import STRATEGIES
from synth_builder.strategies.base import Draft, Setting, StrategyOptions, Unusable
from synth_builder.strategies.demonstrations import Demonstrations
from synth_builder.strategies.slot import Slot
from tests.small_tasks import needed_options
from tests.strategies.cases import ONE, SETTINGS, TESTS, TEXTS, TRAIN, Case


def options_of(name: str, **options: Any) -> StrategyOptions:
    """Options of a strategy for the task of one column."""
    made = STRATEGIES.get(name)
    needed = needed_options(name, list(ONE.columns), ONE.label_names)
    found: StrategyOptions = made.Options.parse({**needed, **options}, name)
    return found


@pytest.fixture(params=SETTINGS, ids=lambda setting: "-".join(map(str, setting)))
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


def test_the_same_slot_gives_the_same_request(case: Case) -> None:
    other = case.fresh()
    for slot in case.slots():
        assert case.strategy.draw(slot) == case.strategy.draw(slot) == other.draw(slot)


def test_each_slot_has_its_own_seed(case: Case) -> None:
    slots = case.slots()
    seeds = [case.strategy.draw(slot).request.seed for slot in slots]
    assert seeds == [slot.seed for slot in slots]
    assert len(set(seeds)) == len(slots)


def test_a_request_has_one_form_the_recipes_sampling_and_few_stop_strings(case: Case) -> None:
    request = case.strategy.draw(case.slots()[0]).request
    assert (request.prompt is None) == bool(request.messages) == (case.form == "chat")
    assert (request.sampling.temperature, request.sampling.max_new_tokens) == (0.8, 50)
    assert len(request.sampling.stop) <= 4
    assert bool(request.sampling.stop) == (case.form == "completion")


def test_a_schema_is_sent_only_where_the_engine_holds_replies_to_it(case: Case) -> None:
    schema = case.strategy.draw(case.slots()[0]).request.schema
    several = case.kind == "two_columns" or case.mode == "generated"
    assert (schema is not None) == (case.grammar and case.form == "chat" and several)
    if schema is not None:
        assert schema["required"] == case.strategy.fields


def test_a_prompt_says_what_is_asked_for_and_nothing_undefined(case: Case) -> None:
    for slot in case.slots():
        prompt = case.prompt(slot)
        assert case.task.description in prompt
        assert "None" not in prompt
        assert "{" not in prompt
        assert prompt == prompt.strip()
        asked = [slot.label] if slot.label is not None else case.task.label_names
        for label in asked:
            assert label in prompt
            assert case.task.labels[label] in prompt


def test_prompts_of_two_labels_differ_by_the_label_where_it_is_given(case: Case) -> None:
    first, second = case.task.label_names
    given = [case.prompt(Slot("train", 0, 0, label, 7)) for label in (first, second)]
    assert (given[0] != given[1]) or case.mode == "generated"


def test_an_extra_instruction_stands_in_every_prompt(case: Case) -> None:
    extra = Case(case.made.name, case.kind, case.mode, case.form, case.grammar, extra_instruction="Be brief, please.")
    assert "Be brief, please." in extra.prompt(extra.slots()[0])


def test_shown_rows_are_train_rows_and_never_a_test_row(case: Case) -> None:
    tested = {normalised(row.columns.values()) for row in TESTS[case.kind]}
    shown = [row for slot in case.slots(40) for row in case.strategy.draw(slot).ingredients.demonstrations]
    assert bool(shown) == case.made.needs_demonstrations
    assert all(row in TRAIN[case.kind] for row in shown)
    assert tested.isdisjoint(normalised(row.columns.values()) for row in shown)


@pytest.mark.parametrize("shots", ["same_label", "any_label"])
def test_every_recorded_demonstration_stands_in_the_prompt_and_no_other(case: Case, shots: str) -> None:
    if not case.made.needs_demonstrations:
        assert case.strategy.draw(case.slots()[0]).ingredients.demonstrations == ()
        return
    options = {"shots": shots} if "shots" in case.made.Options.model_fields else {}
    showing = Case(case.made.name, case.kind, case.mode, case.form, case.grammar, **options)
    for slot in showing.slots():
        prompt = showing.prompt(slot)
        recorded = showing.strategy.draw(slot).ingredients.demonstrations
        assert recorded
        for row in TRAIN[case.kind]:
            assert all(text in prompt for text in row.columns.values()) == (row in recorded)
        if shots == "same_label":
            assert {row.label for row in recorded} == {slot.label or recorded[0].label}


def test_a_well_formed_reply_gives_the_asked_row(case: Case) -> None:
    for slot in case.slots(2):
        label = slot.label or case.task.label_names[1]
        draft = case.strategy.read(slot, Completion(case.reply(label), "stop"), case.strategy.draw(slot))
        assert draft == Draft(TEXTS[case.kind], label)


@pytest.mark.parametrize("reply", ["", "  \n ", '""', "```\n```"])
def test_a_reply_without_a_text_gives_no_row_but_a_reason(case: Case, reply: str) -> None:
    slot = case.slots()[0]
    result = case.strategy.read(slot, Completion(reply, "stop"), case.strategy.draw(slot))
    assert isinstance(result, Unusable)
    assert result.reason in ("empty", "malformed", "missing_field")
    assert result.detail


def test_a_label_that_the_task_lacks_gives_no_row(case: Case) -> None:
    slot = case.slots()[0]
    result = case.strategy.read(slot, Completion(case.reply("neutral"), "stop"), case.strategy.draw(slot))
    if case.mode == "conditioned":
        assert isinstance(result, Draft)
    else:
        assert isinstance(result, Unusable)
        assert result.reason == "unknown_label"
        assert result.detail.startswith("'neutral' is none of: ")


def test_a_reply_that_is_cut_loses_what_is_not_finished(case: Case) -> None:
    slot = case.slots()[0]
    label = slot.label or case.task.label_names[0]
    reply = case.reply(label)
    if case.strategy.reply_form == "json" or case.mode == "generated":
        result = case.strategy.read(slot, Completion(reply[: len(reply) // 2], "length"), case.strategy.draw(slot))
        assert isinstance(result, Unusable)
        return
    result = case.strategy.read(slot, Completion(f"{reply} And then it", "length"), case.strategy.draw(slot))
    assert result == Draft(TEXTS[case.kind], label)
    unfinished = reply.removesuffix(".")
    result = case.strategy.read(slot, Completion(unfinished, "length"), case.strategy.draw(slot))
    assert isinstance(result, Unusable)
    assert (result.reason, result.detail) == ("cut", "no finished sentence within 50 tokens")


def test_nearly_json_is_mended_and_says_so_unless_it_was_cut(case: Case) -> None:
    if case.strategy.reply_form != "json":
        return
    slot = case.slots()[0]
    label, draw = slot.label or case.task.label_names[0], case.strategy.draw(slot)
    nearly = case.reply(label).replace('",', '"').replace("}", ",}")
    assert case.strategy.read(slot, Completion(nearly, "stop"), draw) == Draft(TEXTS[case.kind], label, repaired=True)
    assert case.strategy.read(slot, Completion(nearly, "length"), draw) == Unusable(
        "cut", "the object did not end within 50 tokens"
    )
    another = nearly.replace("}", ' "more": "yes"}')
    found = case.strategy.read(slot, Completion(another, "stop"), draw)
    assert isinstance(found, Unusable) and found.reason == "malformed"


def test_templates_are_named_and_do_not_depend_on_the_engine(case: Case) -> None:
    templates = case.strategy.templates()
    assert templates[case.made.name]
    assert all(text.strip() for text in templates.values())
    assert case.fresh(grammar=not case.grammar).templates() == templates
    assert len(case.strategy.prompt_id) == 12
    assert json.loads(json.dumps(case.strategy.facts())) == case.strategy.facts()


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_prompt_of_the_recipe_takes_the_place_of_the_shipped_one(name: str) -> None:
    made = STRATEGIES.get(name)
    listed: dict[str, dict[str, Any]] = {
        "zero_shot_topic": {"topics": ["Work"]},
        "attributes": {"attributes": {"style": ["dry"]}},
    }
    options = options_of(name, **listed.get(name, {}))
    for form in made.prompt_forms:
        shown = Demonstrations(TRAIN["one_column"], ONE)
        setting = Setting(ONE, SamplingSettings(), form, demonstrations=shown, prompt="Write: {{ label }}")
        request = made(setting, options).draw(Slot("train", 0, 0, "positive", 1)).request
        assert request.prompt == ("Write: positive" if form == "completion" else None)
        assert [message.content for message in request.messages] == (["Write: positive"] if form == "chat" else [])


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_that_shows_rows_says_when_the_recipe_names_none(name: str) -> None:
    made = STRATEGIES.get(name)
    setting = Setting(ONE, SamplingSettings(), "chat", variant="mine")
    if not made.needs_demonstrations:
        assert made(setting, options_of(name)).task is ONE
        return
    with pytest.raises(RecipeError) as found:
        made(setting, options_of(name))
    assert str(found.value) == (
        f"Variant 'mine' shows real rows (strategy {name!r}), and the recipe names none; add real.train."
    )


@pytest.mark.parametrize(("shots", "k"), [("same_label", 6), ("any_label", 12)])
def test_k_is_checked_against_the_real_rows(shots: str, k: int) -> None:
    made = STRATEGIES.get("few_shot")
    setting = Setting(ONE, SamplingSettings(), "chat", demonstrations=Demonstrations(TRAIN["one_column"], ONE))
    slot = Slot("train", 0, 0, "positive", 1)
    assert len(made(setting, made.Options(k=k, shots=shots)).ingredients(slot).demonstrations) == k
    with pytest.raises(RealDataError, match=f"shows {k + 1} demonstrations"):
        made(setting, made.Options(k=k + 1, shots=shots))


def test_one_shot_shows_one_row_and_few_shot_three() -> None:
    shown = {name: Case(name, "one_column", "conditioned", "chat", False) for name in ("one_shot", "few_shot")}
    counts = {name: len(one.strategy.ingredients(one.slots()[0]).demonstrations) for name, one in shown.items()}
    assert counts == {"one_shot": 1, "few_shot": 3}


def test_a_generated_label_is_read_with_its_aliases() -> None:
    task = ONE.model_copy(update={"aliases": {"positive": ("good",)}})
    made = STRATEGIES.get("zero_shot")
    strategy = made(Setting(task, SamplingSettings(), "chat"), made.Options(label_mode="generated"))
    slot = Slot("train", 0, 0, None, 1)
    reply = Completion("Text: A fine evening.\nLabel: Good!", "stop")
    assert strategy.read(slot, reply, strategy.draw(slot)) == Draft({"text": "A fine evening."}, "positive")


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize("form", ["chat", "completion"])
def test_of_two_rows_in_a_reply_the_first_is_read_with_its_own_label(name: str, form: str) -> None:
    if (name, "one_column", "generated", form, False) not in SETTINGS:
        return  # refused, as the next tests hold
    case = Case(name, "one_column", "generated", form, False)
    reply = f"{case.reply('positive')}\nText: A dull evening.\nLabel: negative"
    slot = case.slots()[0]
    draft = case.strategy.read(slot, Completion(reply, "stop"), case.strategy.draw(slot))
    assert draft == Draft(TEXTS["one_column"], "positive")


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_label_mode_that_a_strategy_does_not_offer_is_refused_by_its_options(name: str) -> None:
    modes = get_args(STRATEGIES.get(name).Options.model_fields["label_mode"].annotation)
    assert "conditioned" in modes
    if "generated" in modes:
        assert options_of(name, label_mode="generated").label_mode == "generated"
        return
    with pytest.raises(RecipeError, match=f"{name}: label_mode is 'generated': input should be 'conditioned'"):
        options_of(name, label_mode="generated")


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize("form", ["chat", "completion"])
def test_a_prompt_form_that_a_strategy_does_not_offer_is_refused_in_one_sentence(name: str, form: Any) -> None:
    made = STRATEGIES.get(name)
    shown = Demonstrations(TRAIN["one_column"], ONE)
    setting = Setting(ONE, SamplingSettings(), form, demonstrations=shown, variant="mine")
    if form in made.prompt_forms:
        assert made(setting, options_of(name)).setting.prompt_form == form
        return
    with pytest.raises(RecipeError) as found:
        made(setting, options_of(name))
    assert str(found.value) == (
        f"Variant 'mine' (strategy {name!r}) can't be asked in the form {form!r}; it needs "
        f"{' or '.join(made.prompt_forms)}, and a model that answers in it."
    )


def test_a_reply_of_its_own_is_given_by_the_strategies_that_ask_no_model_and_by_no_other(case: Case) -> None:
    for slot in case.slots():
        draw = case.strategy.draw(slot)
        assert (draw.reply is None) == case.made.needs_engine
        if draw.reply is not None:
            draft = case.strategy.read(slot, Completion(draw.reply, "stop"), draw)
            assert isinstance(draft, Draft) and draft.label == slot.label
            assert list(draft.columns) == list(case.task.columns) and all(draft.columns.values())
