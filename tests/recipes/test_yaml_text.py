from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.errors import RecipeError
from synth_builder.recipes.yaml_text import read_yaml, with_overrides


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: [no, on, off, y, n]", {"a": ["no", "on", "off", "y", "n"]}),
        ("a: [true, False, TRUE]", {"a": [True, False, True]}),
        ("yes: it is\nno: it is not", {"yes": "it is", "no": "it is not"}),
        ("0: zero\n01: one\n-1: minus one\n1.50: more", {"0": "zero", "01": "one", "-1": "minus one", "1.50": "more"}),
        ("True: x\nfalse: y\nnull: z", {"True": "x", "false": "y", "null": "z"}),
        ("a: 3", {"a": 3}),
        ("a: 0.5", {"a": 0.5}),
        ("a: 2024-02-30", {"a": "2024-02-30"}),
        ("a: null", {"a": None}),
        ("base: &b {k: 1, l: 2}\nmine: {<<: *b, k: 3}", {"base": {"k": 1, "l": 2}, "mine": {"k": 3, "l": 2}}),
        ("", None),
    ],
)
def test_yaml_is_read_as_people_mean_it(text: str, value: Any) -> None:
    assert read_yaml(text, "It") == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3", "It is no valid YAML at line 3, column 1: the key 'a' stands twice."),
        ("x:\n  0: a\n  '0': b", "It is no valid YAML at line 3, column 3: the key '0' stands twice."),
        ("a: [1, 2", "It is no valid YAML at line 1, column 9: expected ',' or ']', but got '<stream end>'."),
        ("? [a]\n: b", "It is no valid YAML at line 1, column 3: a key has to be a word."),
        ("? !!set {a}\n: b", "It is no valid YAML at line 1, column 3: a key has to be a word."),
        (
            "a: b\n\tc: d",
            "It is no valid YAML at line 2, column 1: found character '\\t' that cannot start any token.",
        ),
        ("a: *nobody", "It is no valid YAML at line 1, column 4: found undefined alias 'nobody'."),
        ("a: \x00", "It is no valid YAML: unacceptable character #x0000: special characters are not allowed."),
        ("a: !!bool maybe", "It is no valid YAML, a value can't be read as what it is marked as: 'maybe'."),
        ("a: 0x_", "It is no valid YAML, a value can't be read as what it is marked as: invalid literal for int()"),
        ("a: !!timestamp soon", "It is no valid YAML, a value can't be read as what it is marked as:"),
        ("[" * 1200, "It is nested too deeply to be read"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as found:
        read_yaml(text, "It")
    assert str(found.value).startswith(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object:os.system {}",
        "a: !!python/object/apply:os.system ['exit 1']",
        "a: !!python/name:os.system",
        "a: !!python/module:os",
        "a: !!python/tuple [1]",
        "!!python/object/new:os.system [exit]",
        "a: !mine x",
    ],
)
def test_no_tag_makes_anything_but_plain_values(text: str) -> None:
    with pytest.raises(RecipeError, match="could not determine a constructor for the tag"):
        read_yaml(text, "It")


@given(st.text(max_size=80) | st.text(alphabet="ab:-[]{}&*!<|>%@'\"? \n#,0x_.", max_size=40))
def test_any_text_is_read_or_refused_by_a_recipe_error(text: str) -> None:
    try:
        value = read_yaml(text, "It")
    except RecipeError as error:
        assert str(error).startswith("It is ")
    else:
        assert value is None or isinstance(value, str | int | float | list | dict | set | bytes)


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("generation.rows.train=200", {"generation": {"rows": {"train": 200, "test": 5}}, "name": "x"}),
        ("name=y", {"generation": {"rows": {"train": 10, "test": 5}}, "name": "y"}),
        ("generation.rows=null", {"generation": {"rows": None}, "name": "x"}),
        (
            "real.test=a/b:c",
            {"generation": {"rows": {"train": 10, "test": 5}}, "name": "x", "real": {"test": "a/b:c"}},
        ),
        ("name=[a, b]", {"generation": {"rows": {"train": 10, "test": 5}}, "name": ["a", "b"]}),
        ("name=a=b", {"generation": {"rows": {"train": 10, "test": 5}}, "name": "a=b"}),
        ("name=yes", {"generation": {"rows": {"train": 10, "test": 5}}, "name": "yes"}),
    ],
)
def test_an_override_changes_one_value_and_leaves_the_rest(override: str, value: Any) -> None:
    data = {"name": "x", "generation": {"rows": {"train": 10, "test": 5}}}
    assert with_overrides(data, [override], "It") == value
    assert data == {"name": "x", "generation": {"rows": {"train": 10, "test": 5}}}


def test_a_later_override_wins() -> None:
    assert with_overrides({"a": 1}, ["a=2", "a=3"], "It") == {"a": 3}


def test_a_key_that_is_a_number_in_python_is_found_by_how_it_is_written() -> None:
    assert with_overrides({"labels": {0: "no", 1: "yes"}}, ["labels.0=never"], "It") == {
        "labels": {0: "never", 1: "yes"}
    }


@pytest.mark.parametrize("override", ["rows", "=3", "a..b=3", ".a=3", ""])
def test_an_override_without_key_or_value_is_refused(override: str) -> None:
    with pytest.raises(RecipeError) as found:
        with_overrides({}, [override], "It")
    assert str(found.value) == f"--set got {override!r}; expected KEY=VALUE, for example generation.rows.train=200."


def test_an_override_through_a_value_without_keys_is_refused() -> None:
    with pytest.raises(RecipeError) as found:
        with_overrides({"name": "films"}, ["name.first=x"], "Recipe 'films.yaml'")
    assert str(found.value) == (
        "--set name.first leads through a value without keys: 'films' in Recipe 'films.yaml'; name the path "
        "of a setting."
    )


def test_an_override_whose_value_is_no_yaml_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^--set 'a=\[1' is no valid YAML at line 1, column 3"):
        with_overrides({}, ["a=[1"], "It")
