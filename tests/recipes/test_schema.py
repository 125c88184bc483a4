import json

from synth_builder.recipes.schema import recipe_schema
from synth_builder.registry import FILTERS, STRATEGIES


def test_the_schema_knows_each_strategy_with_its_own_options() -> None:
    variants = {one["title"]: one for one in recipe_schema()["$defs"]["Variant"]["oneOf"]}
    assert sorted(variants) == STRATEGIES.names()
    assert "k" in variants["few_shot"]["properties"]
    assert "k" not in variants["one_shot"]["properties"]
    assert "topics" in variants["zero_shot_topic"]["properties"]
    assert all(one["properties"]["strategy"] == {"const": name} for name, one in variants.items())
    assert all(one["additionalProperties"] is False and one["required"] == ["strategy"] for one in variants.values())
    assert all("options" not in one["properties"] for one in variants.values())


def test_the_schema_knows_each_filter_by_name_and_with_options() -> None:
    names, *with_options = recipe_schema()["$defs"]["FilterSpec"]["oneOf"]
    assert names == {"enum": FILTERS.names()}
    assert [one["required"] for one in with_options] == [[name] for name in FILTERS.names()]


def test_the_schema_is_plain_json_and_names_the_keys_of_a_recipe() -> None:
    schema = json.loads(json.dumps(recipe_schema()))
    assert list(schema["properties"]) == ["name", "task", "real", "generation", "variants", "card"]
    assert schema["required"] == ["name", "task", "variants"]


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    schema = recipe_schema()
    text = json.dumps(schema)
    used = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert used
    assert used <= set(schema["$defs"])
