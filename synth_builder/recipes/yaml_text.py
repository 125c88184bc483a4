import re
from collections.abc import Iterable
from typing import Any

import yaml

from synth_builder.errors import RecipeError


class _RecipeLoader(yaml.SafeLoader):
    """
    Safe YAML as people mean it: only `true` and `false` are booleans (a label called `yes` stays a word), a date is a
    text, a key is the word that is written (`01` and `True` too), and a key that stands twice is an error instead of
    the last one winning.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key has to be a word", key_node.start_mark)
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value!r} stands twice", key_node.start_mark
                )
            seen.add(key_node.value)
            if key_node.tag != "tag:yaml.org,2002:merge":
                key_node.tag = "tag:yaml.org,2002:str"
        return node


_NOT_READ = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
_RecipeLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_READ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_RecipeLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF")
)


class _RecipeDumper(yaml.SafeDumper):
    """Safe YAML in which line breaks that only Unicode knows come back as they were, not as plain ones."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if any(mark in text for mark in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_RecipeDumper.add_representer(str, _text_node)


def write_yaml(data: Any) -> str:
    """Plain values as YAML text, keys in their order; `read_yaml` of it gives equal values."""
    return yaml.dump(data, Dumper=_RecipeDumper, sort_keys=False, allow_unicode=True, width=110)


def read_yaml(text: str, where: str) -> Any:
    """
    Plain values of a YAML text; no tag of it can make anything but plain values.

    Raises:
        RecipeError: It is no YAML; the message names line and column.
    """
    try:
        return yaml.load(text, Loader=_RecipeLoader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RecipeError(f"{where} is no valid YAML{place}: {problem}.") from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        # What PyYAML ends in where a value does not fit its tag: `!!bool maybe`, `!!int x`, `0x_`.
        raise RecipeError(
            f"{where} is no valid YAML, a value can't be read as what it is marked as: {error}."
        ) from error
    except RecursionError as error:
        raise RecipeError(f"{where} is nested too deeply to be read; a recipe needs six levels.") from error


def with_overrides(data: Any, overrides: Iterable[str], where: str) -> Any:
    """
    Put `key.path=value` settings over plain values.

    Args:
        data (`Any`):
            What came out of the file; it is not changed.
        overrides (`Iterable[str]`):
            One setting each; the value is read as YAML, so `[a, b]` is a list and `null` is nothing.
        where (`str`):
            What messages call the file.

    Raises:
        RecipeError: A setting has no `=`, or its path leads through something that has no keys.
    """
    for override in overrides:
        path, equals, value = override.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise RecipeError(f"--set got {override!r}; expected KEY=VALUE, for example generation.rows.train=200.")
        data = _with_value(data, keys, read_yaml(value, f"--set {override!r}"), path, where)
    return data


def _with_value(data: Any, keys: list[str], value: Any, path: str, where: str) -> Any:
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise RecipeError(
            f"--set {path} leads through a value without keys: {data!r} in {where}; name the path of a setting."
        )
    key, *rest = keys
    # Keys that YAML reads as numbers (labels, for example) are found by how they are written.
    key_in_data = next((known for known in data if str(known) == key), key)
    return {**data, key_in_data: _with_value(data.get(key_in_data), rest, value, path, where) if rest else value}
