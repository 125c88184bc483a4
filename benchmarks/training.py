"""
Fine-tuning beside `transformers.Trainer` with its own defaults: rows a second, and accuracy.

    python benchmarks/training.py --train sst2/train.parquet --test sst2/test.parquet

`--train` and `--test` name parquet files with the columns `text` and `label`, and may be repeated in pairs; a dataset
is called by the folder of its train file. Both sides start from all-MiniLM-L6-v2 and train on the same tokens of the
same rows, for the same epochs, in steps of the same size, with the same seeds, on the device that Accelerate finds;
they take turns within one run. The rest is each side's own: the Trainer has AutoModelForSequenceClassification,
batches in random order padded to their longest row (DataCollatorWithPadding), AdamW and learning rate as they come;
ours has what `Hyperparameters` says, without its floor of 100 steps. Timed is the training alone, from tokenised rows
to a trained classifier. Writes benchmarks/results/training.json.
"""

import argparse
import copy
import json
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet
import torch
import transformers
from accelerate import Accelerator

from synth_builder.scoring.encoder_files import Encoder, find_encoder, load_encoder
from synth_builder.scoring.fine_tuning.classifier import seeded_classifier
from synth_builder.scoring.fine_tuning.examples import Example, LengthBuckets, Padder, tokenize
from synth_builder.scoring.fine_tuning.prediction import predict
from synth_builder.scoring.fine_tuning.training import train
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.losses import CrossEntropy
from synth_builder.scoring.processes import open_accelerator
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows

RESULT = Path(__file__).resolve().parent / "results" / "training.json"
WARM_UP_ROWS = 48


@dataclass(frozen=True)
class Task:
    """Tokenised rows of a dataset."""

    name: str
    labels: int
    train: list[Example]
    test: list[Example]

    def accuracy(self, predicted: Sequence[int]) -> float:
        """Share of the test rows with the right label."""
        right = sum(guess == example.label for guess, example in zip(predicted, self.test, strict=True))
        return right / len(self.test)


def read_task(train: Path, test: Path, rows: int, test_rows: int, encoder: Encoder, settings: Hyperparameters) -> Task:
    """Stratified draws of both files, with the seed 0."""
    columns = [pyarrow.parquet.read_table(file, columns=["text", "label"]).to_pydict() for file in (train, test)]
    names = sorted({str(label) for part in columns for label in part["label"]})
    examples = []
    for part, count in zip(columns, (rows, test_rows), strict=True):
        labels = [names.index(str(label)) for label in part["label"]]
        drawn = stratified_order(labels, seed=0)[:count]
        ids = tuple(map(str, drawn))
        chosen = TextRows(tuple((part["text"][n],) for n in drawn), tuple(labels[n] for n in drawn), ids)
        examples.append(tokenize(chosen, encoder.tokenizer, settings.max_length))
    return Task(train.parent.name, len(names), *examples)


@dataclass(frozen=True)
class Run:
    """Seconds and CPU seconds of a training, and the accuracy on the test rows."""

    seconds: float
    cpu_seconds: float
    accuracy: float


def timed(training: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a training gives, its seconds and its CPU seconds."""
    began, began_cpu = time.perf_counter(), time.process_time()
    found = training()
    return found, time.perf_counter() - began, time.process_time() - began_cpu


def ours(task: Task, encoder: Encoder, settings: Hyperparameters, seed: int, accelerator: Accelerator) -> Run:
    """A training by this package."""
    padder = Padder(encoder.tokenizer)
    classifier = seeded_classifier(copy.deepcopy(encoder.model), task.labels, settings.dropout, seed)
    (model, _), seconds, cpu = timed(
        lambda: train(classifier, task.train, padder, settings, CrossEntropy(), seed, accelerator)
    )
    found = predict(model, task.test, padder, accelerator).argmax(dim=-1).tolist()
    accelerator.free_memory()
    return Run(seconds, cpu, task.accuracy(found))


def trainers(task: Task, encoder: Encoder, settings: Hyperparameters, seed: int, folder: str) -> Run:
    """The same by `transformers.Trainer`."""
    transformers.set_seed(seed)  # the new layer's weights
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        str(find_encoder("minilm")), num_labels=task.labels
    )
    train_rows, test_rows = (
        [{**example.inputs, "labels": example.label} for example in part] for part in (task.train, task.test)
    )
    trainer = transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=settings.batch_size,
            num_train_epochs=settings.epochs,
            seed=seed,
            # What it writes and shows would only cost it time.
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=torch.cuda.is_available(),
        ),
        train_dataset=train_rows,
        data_collator=transformers.DataCollatorWithPadding(encoder.tokenizer),
    )
    _, seconds, cpu = timed(trainer.train)
    found = trainer.predict(test_rows).predictions.argmax(axis=-1).tolist()
    return Run(seconds, cpu, task.accuracy(found))


def padding(task: Task, settings: Hyperparameters) -> dict[str, float]:
    """Share of the tokens in one pass over the training rows that is padding, in our batches and in random ones."""
    lengths = [len(example) for example in task.train]

    def share(bucket_batches: int) -> float:
        batches = LengthBuckets(lengths, settings.batch_size, bucket_batches, seed=0)
        return round(1 - sum(lengths) / sum(max(lengths[n] for n in batch) * len(batch) for batch in batches), 3)

    # Sorting within a single batch leaves it as it was drawn.
    return {"ours": share(settings.bucket_batches), "trainer": share(1)}


def measured(task: Task, encoder: Encoder, settings: Hyperparameters, seeds: int) -> dict[str, Any]:
    """Both sides in turns, once a seed; who begins changes."""
    accelerator = open_accelerator()
    runs: dict[str, list[Run]] = {"ours": [], "trainer": []}
    small = Task(task.name, task.labels, task.train[:WARM_UP_ROWS], task.test[:WARM_UP_ROWS])
    with tempfile.TemporaryDirectory() as folder:
        once = settings.model_copy(update={"epochs": 1})
        ours(small, encoder, once, 0, accelerator)
        trainers(small, encoder, once, 0, folder)
        for seed in range(seeds):
            for side in ("ours", "trainer") if seed % 2 == 0 else ("trainer", "ours"):
                if side == "ours":
                    runs[side].append(ours(task, encoder, settings, seed, accelerator))
                else:
                    runs[side].append(trainers(task, encoder, settings, seed, folder))
                print(task.name, seed, side, runs[side][-1], flush=True)
    trained = len(task.train) * settings.epochs
    found = {side: of_side(side_runs, trained) for side, side_runs in runs.items()}
    return {
        "train_rows": len(task.train),
        "test_rows": len(task.test),
        "labels": task.labels,
        "mean_tokens": round(statistics.mean(map(len, task.train)), 1),
        "padding": padding(task, settings),
        **found,
        "times_as_fast": round(found["ours"]["rows_per_second"] / found["trainer"]["rows_per_second"], 2),
        "times_as_fast_by_cpu_time": round(
            found["ours"]["rows_per_cpu_second"] / found["trainer"]["rows_per_cpu_second"], 2
        ),
    }


def of_side(runs: list[Run], trained: int) -> dict[str, Any]:
    """Medians of the speed, and accuracies, of the runs of a side on `trained` rows each."""
    accuracies = [run.accuracy for run in runs]
    return {
        "seconds": [round(run.seconds, 2) for run in runs],
        "cpu_seconds": [round(run.cpu_seconds, 2) for run in runs],
        "rows_per_second": round(trained / statistics.median(run.seconds for run in runs), 1),
        "rows_per_cpu_second": round(trained / statistics.median(run.cpu_seconds for run in runs), 1),
        "accuracy": [round(accuracy, 4) for accuracy in accuracies],
        "mean_accuracy": round(statistics.mean(accuracies), 4),
        "deviation": round(statistics.stdev(accuracies), 4) if len(accuracies) > 1 else None,
    }


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, action="append", required=True, help="parquet with text and label")
    parser.add_argument("--test", type=Path, action="append", required=True, help="the test rows of the same dataset")
    parser.add_argument("--rows", type=int, default=1000, help="training rows (%(default)s)")
    parser.add_argument("--test-rows", type=int, default=1000, help="at most (%(default)s)")
    parser.add_argument("--epochs", type=int, default=Hyperparameters().epochs, help="(%(default)s)")
    parser.add_argument("--batch-size", type=int, default=Hyperparameters().batch_size, help="(%(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=RESULT, help="(benchmarks/results/training.json)")
    asked = parser.parse_args()
    if len(asked.train) != len(asked.test):
        parser.error(f"{len(asked.train)} --train and {len(asked.test)} --test; expected a pair for each dataset")
    logging.getLogger("transformers").setLevel(logging.ERROR)  # its report of the new layer, each time
    settings = Hyperparameters(epochs=asked.epochs, batch_size=asked.batch_size, min_steps=0)
    encoder = load_encoder("minilm")
    load = round(os.getloadavg()[0], 2)
    datasets = {}
    for train_file, test_file in zip(asked.train, asked.test, strict=True):
        task = read_task(train_file, test_file, asked.rows, asked.test_rows, encoder, settings)
        datasets[task.name] = measured(task, encoder, settings, asked.seeds)
    arguments = transformers.TrainingArguments(output_dir="unused", report_to="none")
    result = {
        "what": "fine-tuning all-MiniLM-L6-v2 by this package and by transformers.Trainer with its own defaults",
        "command": f"python benchmarks/training.py --train FILE --test FILE ... (datasets: {', '.join(datasets)})",
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "device": open_accelerator().device.type,
            "load_before": load,
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers", "accelerate", "tokenizers")},
        },
        "settings": {
            "both": {"epochs": asked.epochs, "batch_size": asked.batch_size, "seeds": asked.seeds},
            "ours": settings.model_dump(),
            "trainer": {
                "optimizer": str(arguments.optim),
                "learning_rate": arguments.learning_rate,
                "schedule": str(arguments.lr_scheduler_type),
                "warmup_steps": arguments.warmup_steps,
                "weight_decay": arguments.weight_decay,
            },
        },
        "datasets": datasets,
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
