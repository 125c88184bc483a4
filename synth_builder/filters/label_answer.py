import json
from typing import Any

from synth_builder.engines.base import Completion
from synth_builder.recipes.labels import read_label
from synth_builder.recipes.task import Task


def label_schema(task: Task) -> dict[str, Any]:
    """JSON Schema of an object with one of the labels, always in the task's order: it leans to none of them."""
    label = {"type": "string", "enum": task.label_names}
    return {
        "type": "object",
        "properties": {task.label_column: label},
        "required": [task.label_column],
        "additionalProperties": False,
    }


def label_in_answer(reply: Completion | None, task: Task, *, is_json: bool) -> str | None:
    """
    The label that a model answered with, read strictly.

    Args:
        reply (`Completion`, *optional*):
            The answer; nothing where there was none.
        task (`Task`):
            Labels and their aliases.
        is_json (`bool`):
            Whether it was asked for as an object of `label_schema`.

    Returns:
        `str`: One of the task's labels; `None` where the answer holds none, or was cut: a cut label may be another
        one.
    """
    if reply is None or reply.finish_reason == "length":
        return None
    if not is_json:
        return read_label(reply.text, task)
    try:
        written = json.loads(reply.text)[task.label_column]
    except (ValueError, LookupError, TypeError):
        return None
    return read_label(written, task) if isinstance(written, str) else None
