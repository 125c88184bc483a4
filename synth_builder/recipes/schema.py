from typing import Any

from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import FILTERS, STRATEGIES


def recipe_schema() -> dict[str, Any]:
    """
    JSON Schema of a recipe, for editors: the keys of a variant depend on its strategy, those of a filter on its name.
    Strategies and filters of installed packages are among them.
    """
    schema = Recipe.model_json_schema(mode="validation")
    definitions = schema["$defs"]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "synth-builder recipe"

    common = definitions["Variant"]["properties"]
    common.pop("options")
    generation = definitions["Generation"]
    partial = {**generation, "title": "Generation of a variant"}
    definitions["VariantGeneration"] = partial
    common["generation"] = {"$ref": "#/$defs/VariantGeneration"}
    by_strategy = []
    for name in STRATEGIES.names():
        options = STRATEGIES.get(name).Options.model_json_schema()
        definitions |= options.get("$defs", {})
        by_strategy.append(
            {
                "type": "object",
                "title": name,
                "properties": {**common, "strategy": {"const": name}, **options["properties"]},
                "required": ["strategy"],
                "additionalProperties": False,
            }
        )
    definitions["Variant"] = {"oneOf": by_strategy}

    filters: list[dict[str, Any]] = [{"enum": FILTERS.names()}]
    for name in FILTERS.names():
        options = FILTERS.get(name).Options.model_json_schema()
        definitions |= options.get("$defs", {})
        options.pop("$defs", None)
        filters.append(
            {"type": "object", "properties": {name: options}, "required": [name], "additionalProperties": False}
        )
    definitions["FilterSpec"] = {"oneOf": filters}
    # YAML also reads `0` or `true` as the name of a label; a list, which is an error, is not among what editors offer.
    return schema
