import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synth_builder.engines.base import EngineInfo, Message, Request, Sampling
from synth_builder.filters.label_answer import label_schema
from synth_builder.recipes.prompt_template import PromptTemplate, packaged_prompt
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.task import Task
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.strategies.demonstrations import Demonstrations

MAX_NEW_TOKENS = 16


@dataclass(frozen=True)
class Questions:
    """
    What the language model is asked about a task's real test rows.

    Args:
        task (`Task`):
            Labels and columns.
        test (`TextRows`):
            The rows that it is asked about.
        demonstrations (`Demonstrations`, *optional*):
            Real rows that may be shown.
        prompt_form (`"chat"` or `"completion"`, *optional*):
            By the model when not given.
    """

    task: Task
    test: TextRows
    demonstrations: Demonstrations | None
    prompt_form: str | None

    def asks_for_json(self, info: EngineInfo) -> bool:
        """Whether the answers are held to a schema."""
        return info.grammar and self._form(info) == "chat"

    def requests(self, shown: int, info: EngineInfo) -> list[Request]:
        """
        One request for each row.

        Args:
            shown (`int`):
                Real rows that each of them shows, of labels as even as they can be.
            info (`EngineInfo`):
                Who is asked.
        """
        template = PromptTemplate(classification_prompt(), "the study's classification")
        return [self._request(columns, shown, info, template) for columns in self._columns()]

    def _columns(self) -> Iterator[dict[str, str]]:
        return (dict(zip(self.task.columns, texts, strict=True)) for texts in self.test.texts)

    def _form(self, info: EngineInfo) -> str:
        return self.prompt_form or ("chat" if info.chat_template else "completion")

    def _request(self, columns: dict[str, str], shown: int, info: EngineInfo, template: PromptTemplate) -> Request:
        rng = random.Random(derived_seed("classification", shown, *columns.values()))
        # Models favour places in a list: the labels come in another order with each row.
        names = self.task.label_names
        rng.shuffle(names)
        examples = self.demonstrations.of_any_label(rng, shown) if shown and self.demonstrations is not None else []
        variables: dict[str, Any] = {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": columns,
            "label_column": self.task.label_column,
            "labels": {name: self.task.labels[name] for name in names},
            "demonstrations": [{"columns": row.columns, "label": row.label} for row in examples],
            "reply": "json" if self.asks_for_json(info) else "text",
        }
        if self._form(info) == "completion":
            # A record has one line for each column, and ends where the next line would begin.
            variables["columns"] = _on_one_line(columns)
            for example in variables["demonstrations"]:
                example["columns"] = _on_one_line(example["columns"])
            sampling = Sampling(0.0, max_new_tokens=MAX_NEW_TOKENS, stop=("\n",))
            return Request(sampling, 0, prompt=template.render("completion", variables))
        system, user = (template.render(block, variables) for block in ("system", "user"))
        schema = label_schema(self.task) if self.asks_for_json(info) else None
        messages = (Message("system", system), Message("user", user))
        return Request(Sampling(0.0, max_new_tokens=2 * MAX_NEW_TOKENS), 0, messages=messages, schema=schema)


def classification_prompt() -> str:
    """Text of the template of all questions."""
    return packaged_prompt("synth_builder.studies", "classification")


def _on_one_line(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: " ".join(text.split()) for name, text in columns.items()}
