"""
What real rows alone train: reference points for anything synthetic.

    python benchmarks/real_rows.py --data DIR [--sets sst2 emotion rte boolq fin_phrasebank]

Fine-tunes all-MiniLM-L6-v2 with the defaults of `synth-builder score` on 100 and on 1,000 real rows, three seeds each,
and tests it on all test rows. DIR has a folder for each set with train.parquet and test.parquet: text columns and
`label`. Train rows that stand in the test rows are left out. Writes benchmarks/results/real_rows.json after each set;
sets that are not asked for stay in the file.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import pyarrow.parquet

from synth_builder.progress import bar
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import load_encoder
from synth_builder.scoring.metrics import measure, most_common_label
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.leaks import leaked_positions
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.trainer import open_trainer
from synth_builder.scoring.trials import Trials
from synth_builder.scoring.versions import versions_of

RESULTS = Path(__file__).resolve().parent / "results" / "real_rows.json"
SETS = ("sst2", "emotion", "rte", "boolq", "fin_phrasebank")
SIZES = (100, 1_000)
SEEDS = range(3)


def read(path: Path, names: list[str]) -> tuple[TextRows, list[str]]:
    """Rows of a file; names of labels are added in the order of the alphabet."""
    table = pyarrow.parquet.read_table(path)
    columns = [table[name].to_pylist() for name in table.column_names if name != "label"]
    labels = table["label"].to_pylist()
    names = names or sorted(set(labels))
    ids = tuple(f"{path.stem}:{position}" for position in range(table.num_rows))
    return TextRows(tuple(zip(*columns, strict=True)), tuple(map(names.index, labels)), ids), names


def reference(folder: Path, runs: Path | None) -> dict[str, Any]:
    """Scores of one set."""
    real, names = read(folder / "train.parquet", [])
    test, _ = read(folder / "test.parquet", names)
    leaked = set(leaked_positions(real, test))
    real = real.take([position for position in range(len(real)) if position not in leaked])
    comparison = Comparison(
        label_names=names,
        test=test,
        test_reference=f"{folder.name}:test",
        encoder=load_encoder("minilm"),
        real=real,
        regimes=("real",),
        real_rows=SIZES,
        seeds=len(SEEDS),
        runs=runs,
    )
    trainer = open_trainer(comparison, {})
    orders = {seed: stratified_order(real.labels, seed) for seed in SEEDS}
    results = {}
    with bar(sum(map(trainer.steps, SIZES)) * len(SEEDS), folder.name, unit="step") as shown:
        trials = Trials(trainer, comparison, {}, shown)
        for size in SIZES:
            training = {seed: real.take(orders[seed][:size]) for seed in SEEDS}
            found, _ = trials.run(Cell("real", size), training, "")
            print(folder.name, size, found.accuracy, flush=True)
            results[str(size)] = {
                **found.model_dump(include={"accuracy", "macro_f1", "mcc", "calibration_error", "tfidf_accuracy"}),
                "accuracies": [run.accuracy for run in found.runs],
                "seconds_a_run": [run.seconds for run in found.runs],
            }
    constant = most_common_label(test.labels)
    return {
        "labels": names,
        "test_rows": len(test),
        "train_rows_left_out": len(leaked),
        "always_the_commonest": measure(test.labels, [constant] * len(test), len(names)).accuracy,
        "real_rows": results,
        "encoder": trainer.classifier.model_dump(),
        "hyperparameters": trainer.hyperparameters.model_dump(),
        "machine": {**trainer.machine.model_dump(), "cores": os.cpu_count(), "processor": platform.machine()},
        "versions": versions_of(trainer.libraries),
    }


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--runs", type=Path, help="keep finished trainings in this folder")
    arguments = parser.parse_args()
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["sets"] if RESULTS.is_file() else {}
    for name in arguments.sets:
        known[name] = reference(arguments.data / name, arguments.runs)
        found = {"command": "python benchmarks/real_rows.py --data DIR", "seeds": len(SEEDS), "sets": known}
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
