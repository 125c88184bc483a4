import math
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Answers:
    """
    What `synth-builder init` has to know.

    Args:
        name (`str`):
            Name of the dataset.
        description (`str`):
            The task in a sentence.
        columns (`dict[str, str]`):
            Text column -> what stands in it; one or two.
        labels (`dict[str, str]`):
            Label -> what it means.
        train, test (`str`, *optional*):
            Real data: Hub `id:split`, or a file.
        language (`str`):
            ISO 639-1 code.
        rows (`int`):
            Train rows to generate.
    """

    name: str
    description: str
    columns: dict[str, str]
    labels: dict[str, str]
    train: str | None
    test: str | None
    language: str
    rows: int


def recipe_text(answers: Answers) -> str:
    """
    A recipe as YAML text with a comment on each part. Strategies that show real rows only stand in it if there are
    some.
    """
    kind = "text_pair_classification" if len(answers.columns) == 2 else "text_classification"
    lines = [
        "# A synth-builder recipe. Try it with `synth-builder preview`, then `synth-builder build`.",
        f"name: {_quoted(answers.name)}",
        "task:",
        f"  kind: {kind}            # one text column; text_pair_classification has two",
        f"  description: {_quoted(answers.description)}",
        "  columns:                # text column: what stands in it (prompts show it)",
        *(f"    {_quoted(name)}: {_quoted(meaning)}" for name, meaning in answers.columns.items()),
        "  label_column: label",
        "  labels:                 # label: what it means; this order is the order of the ClassLabel",
        *(f"    {_quoted(name)}: {_quoted(meaning)}" for name, meaning in answers.labels.items()),
    ]
    if answers.train or answers.test:
        lines += [
            "real:                     # real labelled rows: Hub id:split, or a parquet, csv, json or jsonl file",
            *([f"  train: {_quoted(answers.train)}   # shown as demonstrations"] if answers.train else []),
            *(
                [f"  test: {_quoted(answers.test)}    # for scoring; never shown, never trained on"]
                if answers.test
                else []
            ),
            "  # columns: {sentence: text}            # source column: task column, where the names differ",
            "  # labels: {'0': negative}              # value in the source: label of the task",
        ]
    else:
        lines += [
            "# real:                   # real labelled rows, for few_shot and for scoring",
            "#   train: owner/name:train",
            "#   test: path/to/test.csv",
        ]
    lines += [
        "generation:               # defaults of every variant; a variant may override each",
        f"  rows: {{train: {answers.rows}}}",
        "  seed: 0",
        "  label_distribution: balanced           # or the share of each label, summing to 1",
        "  sampling: {temperature: 1.0, top_p: 0.95, max_new_tokens: 96}",
        "  filters: [length, refusal, label_leakage, duplicates, demonstration_copies, contamination]",
        "variants:                 # each becomes a config of the dataset",
        "  zero_shot: {strategy: zero_shot}",
        "  zero_shot_topic: {strategy: zero_shot_topic, topics: 50}    # a number, or a list of topics",
    ]
    if answers.train:
        lines += ["  one_shot: {strategy: one_shot}", "  few_shot: {strategy: few_shot, k: 3}"]
    lines += [
        "card:",
        f"  pretty_name: {_quoted(answers.name)}",
        f"  language: [{_quoted(answers.language)}]",
        "  # license: cc-by-4.0",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str | None) -> str:
    """A text as YAML: as it is when that is safe, else in double quotes."""
    text = text or ""
    plain = text.replace("_", "").replace("-", "").replace(" ", "")
    word = text.lower() not in ("true", "false", "null", "yes", "no", "on", "off")
    if plain.isalpha() and plain.isascii() and text[0].isalpha() and text[-1] != " " and word:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()
