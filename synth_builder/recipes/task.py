from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from synth_builder.recipes.strict import Strict

TaskKind = Literal["text_classification", "text_pair_classification"]

COLUMNS_OF_KIND: dict[str, int] = {"text_classification": 1, "text_pair_classification": 2}
RESERVED_COLUMNS = ("id", "provenance")


class Task(Strict):
    """
    What is to be classified.

    Args:
        kind (`"text_classification"` or `"text_pair_classification"`):
            One text column, or two.
        description (`str`):
            The task in one or two sentences; prompts show it.
        columns (`dict[str, str]`):
            Text column -> what stands in it.
        label_column (`str`, defaults to `"label"`):
            Name of the label's column in the built dataset.
        labels (`dict[str, str]`):
            Label -> what it means, in the order of the `ClassLabel`; at least two.
        aliases (`dict[str, list[str]]`, defaults to `{}`):
            Label -> other words that a model may write for it (`label_mode: generated`).
    """

    kind: TaskKind = "text_classification"
    description: str = Field(min_length=1)
    columns: dict[str, str]
    label_column: str = Field(default="label", min_length=1)
    labels: dict[str, str]
    aliases: dict[str, tuple[str, ...]] = {}

    @field_validator("labels", mode="before")
    @classmethod
    def _every_label_is_described(cls, labels: Any) -> Any:
        if isinstance(labels, list):
            raise ValueError(
                f"labels are given as the list {labels!r}; expected a mapping of each label to its description, "
                "because prompts describe what a label means"
            )
        if not isinstance(labels, dict):
            return labels
        labels = {_as_name(label): meaning for label, meaning in labels.items()}
        for label, meaning in labels.items():
            if meaning is None or (isinstance(meaning, str) and not meaning.strip()):
                raise ValueError(f"the label {label!r} has no description; say in a few words what it means")
        if len(labels) < 2:
            raise ValueError(f"found {len(labels)} label(s); a classifier needs at least two")
        return labels

    @field_validator("aliases", mode="before")
    @classmethod
    def _alias_names(cls, aliases: Any) -> Any:
        return {_as_name(label): words for label, words in aliases.items()} if isinstance(aliases, dict) else aliases

    @model_validator(mode="after")
    def _columns_fit(self) -> "Task":
        expected = COLUMNS_OF_KIND[self.kind]
        if len(self.columns) != expected:
            raise ValueError(
                f"the kind {self.kind!r} has {expected} text column(s), found {len(self.columns)} "
                f"({', '.join(self.columns) or 'none'}); name {expected} under columns or change the kind"
            )
        for name in (*self.columns, self.label_column):
            if name in RESERVED_COLUMNS:
                raise ValueError(f"the column name {name!r} is taken by the builder itself; choose another")
        if self.label_column in self.columns:
            raise ValueError(f"{self.label_column!r} is both a text column and the label's column; rename one")
        for label in self.aliases:
            if label not in self.labels:
                raise ValueError(f"aliases name the label {label!r}, the task has: {', '.join(self.labels)}")
        meant = {label.casefold().strip(): label for label in self.labels}
        for label, words in self.aliases.items():
            for word in words:
                other = meant.setdefault(word.casefold().strip(), label)
                if other != label:
                    raise ValueError(
                        f"{word!r} is an alias of {label!r} and stands for {other!r} already; a reply with it would "
                        "mean both, so give it to one of them"
                    )
        return self

    @property
    def label_names(self) -> list[str]:
        """Labels in the order of the `ClassLabel`."""
        return list(self.labels)


def _as_name(value: Any) -> Any:
    """YAML reads `0:` as a number and `true:` as a boolean; as a label both are meant as they are written."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
