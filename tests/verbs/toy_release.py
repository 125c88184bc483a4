import csv
from pathlib import Path

from synth_builder.scoring.rows.text_rows import TextRows
from tests.scoring.tiny_encoder import toy_rows

NAMES = ["negative", "positive"]
RECIPE = """
name: toy
task:
  description: Say whether the text is positive or negative.
  columns: {text: a short text}
  labels: {negative: it has the word bad, positive: it has the word good}
real:
  train: real/train.csv
  test: real/test.csv
  columns: {sentence: text}
  labels: {"0": negative, "1": positive}
variants:
  few_shot: {strategy: few_shot}
  zero_shot: {strategy: zero_shot}
"""
CARD = """---
configs:
- config_name: few_shot
  data_files: [{split: train, path: data/few_shot/train-*}]
- config_name: zero_shot
  data_files: [{split: train, path: data/zero_shot/train-*}]
---
"""


def write_rows(path: Path, rows: TextRows) -> None:
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=NAMES), "id": datasets.Value("string")}
    )
    columns = {"text": [text for (text,) in rows.texts], "label": list(rows.labels), "id": list(rows.ids)}
    path.parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(columns, features=features).to_parquet(path)


def write_csv(path: Path, rows: TextRows, column: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([column, "label"])
        writer.writerows([text, label] for (text,), label in zip(rows.texts, rows.labels, strict=True))


def write_release(folder: Path) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    for number, variant in enumerate(("few_shot", "zero_shot")):
        write_rows(
            folder / "data" / variant / "train-00000-of-00001.parquet", toy_rows(16, variant, start=100 * number)
        )
    write_csv(folder / "real" / "train.csv", toy_rows(20, start=200), "sentence")
    write_csv(folder / "real" / "test.csv", toy_rows(8, start=300), "sentence")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    return folder
