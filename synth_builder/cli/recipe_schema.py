import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder recipe-schema`: none."""
    parser.epilog = (
        "Save it as recipe.schema.json, and begin a recipe with the line\n"
        "  # yaml-language-server: $schema=recipe.schema.json"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from synth_builder.recipes.schema import recipe_schema

    print(json.dumps(recipe_schema(), indent=2, ensure_ascii=False))
    return 0
