from typing import Any

import pytest

from synth_builder.errors import RecipeError
from synth_builder.registry import STRATEGIES
from synth_builder.strategies.templates import PromptTemplate, shipped_prompt

VARIABLES: dict[str, Any] = {"label": "positive", "labels": {"positive": "p"}, "demonstrations": [], "topic": None}


def refusal(text: str) -> str:
    with pytest.raises(RecipeError) as found:
        PromptTemplate(text, "variant 'mine'").render(None, VARIABLES)
    return str(found.value)


def test_blocks_are_rendered_one_at_a_time_and_a_text_without_blocks_as_a_whole() -> None:
    template = PromptTemplate(
        "{% block user %}\n Say {{ label }}. \n{% endblock %}{% block system %}S{% endblock %}", "x"
    )
    assert template.has("user")
    assert not template.has("completion")
    assert template.render("user", VARIABLES) == "Say positive."
    assert template.render("system", VARIABLES) == "S"
    assert PromptTemplate(" {{ label }}! ", "x").render(None, VARIABLES) == "positive!"


@pytest.mark.parametrize(
    "text", ["{{ label", "{% if %}", "{% for x in %}{% endfor %}", "{% block a %}", "{% nothing %}"]
)
def test_a_text_that_is_no_template_is_refused(text: str) -> None:
    assert refusal(text).startswith("The prompt of variant 'mine' is no valid Jinja template: ")


def test_an_unknown_variable_is_named_beside_those_that_there_are() -> None:
    assert refusal("{{ lable }}") == (
        "The prompt of variant 'mine' can't be rendered: 'lable' is undefined. Variables: demonstrations, "
        "label, labels, "
        "topic."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ label.__class__ }}{{ label.__class__.__base__ }}",
        "{{ labels.__init__.__globals__ }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ (label|attr('__class__')).__mro__ }}",
        "{{ cycler.__init__.__globals__.os.system('exit 1') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ '{0.__class__.__mro__}'.format(label) }}",
        "{{ labels.clear() }}{{ labels.clear.__self__ }}",
        "{{ demonstrations.append(1) }}",
        "{% for x in range(10000000) %}{% endfor %}",
    ],
)
def test_a_template_can_not_leave_the_sandbox(text: str) -> None:
    assert refusal(text).startswith("The prompt of variant 'mine' can't be rendered: ")
    assert VARIABLES["labels"] == {"positive": "p"}
    assert VARIABLES["demonstrations"] == []


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ label + 1 }}", "{{ topic.upper() }}", "{{ '%d' % label }}"])
def test_an_expression_that_fails_is_told_as_an_error_of_the_prompt(text: str) -> None:
    assert refusal(text).startswith("The prompt of variant 'mine' can't be rendered: ")


@pytest.mark.parametrize("name", ["/etc/hostname", "../templates.py", "other.jinja", "reply", "..\\reply.jinja"])
def test_no_other_file_is_included(name: str) -> None:
    escaped = name.replace("\\", "\\\\")
    assert refusal("{% include '" + escaped + "' %}") == (
        f"The prompt of variant 'mine' includes {name!r}; a prompt may include those that ship with the "
        "package, such as "
        "'reply.jinja', and no other file."
    )


def test_a_shipped_prompt_can_be_included() -> None:
    text = PromptTemplate("Go. {% include 'reply.jinja' %}", "x").render(
        None, {"extra_instruction": None, "reply": "text", "fields": ["text"], "count": 1}
    )
    assert text == "Go. Write only the text itself: no title, no quotation marks, no explanation."


def test_values_are_not_templates() -> None:
    assert PromptTemplate("{{ label }}", "x").render(None, {"label": "{{ 7 * 7 }} <b>"}) == "{{ 7 * 7 }} <b>"


def test_every_shipped_prompt_of_a_strategy_has_the_forms_that_it_offers() -> None:
    for name in STRATEGIES.names():
        made = STRATEGIES.get(name)
        template = PromptTemplate(shipped_prompt(made.prompt or name), name)
        assert template.has("user")
        assert template.has("completion") == ("completion" in made.prompt_forms)
    for name in ("topics", "attribute_values"):
        assert PromptTemplate(shipped_prompt(name), name).has("completion")


def test_what_a_template_includes_and_uses_is_known() -> None:
    whole = PromptTemplate(
        "{{ label }} {% include 'reply.jinja' %} {% if x %}{% include 'lines.jinja' %}{% endif %}", "x"
    )
    assert list(whole.included()) == ["lines", "reply"]
    assert whole.included()["reply"] == shipped_prompt("reply")
    assert whole.uses("label") and whole.uses("count") and not whole.uses("topic")
    own = PromptTemplate("{% for name in labels %}{{ name }}{% endfor %} {% include 'other.jinja' %}", "x")
    assert own.included() == {} and own.uses("labels") and not own.uses("count") and not own.uses("name")


@pytest.mark.parametrize("name", ["zero_shot", "zero_shot_topic", "attributes"])
def test_a_text_of_several_columns_to_be_continued_shows_no_placeholder_that_a_small_model_would_imitate(
    name: str,
) -> None:
    variables: dict[str, Any] = {
        "task": {"description": "Decide."},
        "extra_instruction": "",
        "columns": {"premise": "a news text", "hypothesis": "a sentence"},
        "fields": ["premise", "hypothesis"],
        "label_column": "label",
        "label": "entailment",
        "label_description": "it follows",
        "labels": {"entailment": "it follows"},
        "label_mode": "conditioned",
        "reply": "tagged",
        "topic": "cats",
        "attributes": {"mood": "calm"},
        "count": 1,
    }
    rendered = PromptTemplate(shipped_prompt(name), name).render("completion", variables)
    assert "<" not in rendered
    assert "\n\nEach example has a premise (a news text) and a hypothesis (a sentence), each on a line" in rendered
    assert rendered.endswith("\nPremise:")
