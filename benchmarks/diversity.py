"""
How long the measures of diversity and likeness take on 10,000 rows beside 10,000 real ones.

    python benchmarks/diversity.py

Texts are drawn, word by word, after pairs of words of the customer messages: train.csv for the synthetic rows and
test.csv for the real ones, each as long as a real message. They mean nothing, but have the lengths and repetitions of
real ones. Embeddings come from all-MiniLM-L6-v2, timed by themselves. Writes benchmarks/results/diversity.json.
"""

import argparse
import csv
import json
import os

# Read when torch is first imported, as for the command `synth-builder diversity`.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import platform
import random
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch

from synth_builder.scoring.diversity.compression import compression_ratio
from synth_builder.scoring.diversity.copies import copied_run_rate, copy_rate
from synth_builder.scoring.diversity.distances import chamfer_distance, remote_clique
from synth_builder.scoring.diversity.distinct import distinct_n
from synth_builder.scoring.diversity.divergence import length_divergence, vocabulary_divergence
from synth_builder.scoring.diversity.manifolds import manifold_overlap
from synth_builder.scoring.diversity.measure import DISTINCT, SELF_BLEU_ROWS, Settings, measure_diversity
from synth_builder.scoring.diversity.real_similarity import similarity_to_real
from synth_builder.scoring.diversity.self_bleu import self_bleu
from synth_builder.scoring.diversity.self_repetition import self_repetition
from synth_builder.scoring.diversity.vendi import vendi_score
from synth_builder.scoring.encoder_files import load_encoder
from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder
from synth_builder.scoring.rows.text_rows import TextRows

PROJECT = Path(__file__).resolve().parents[1]
MESSAGES = PROJECT / "dataset_scripts" / "customer_messages"
RESULT = PROJECT / "benchmarks" / "results" / "diversity.json"
LABELS = 5


def drawn_rows(path: Path, count: int, seed: int) -> TextRows:
    """Texts that follow the pairs of words of the messages in a file."""
    generator = random.Random(seed)
    with path.open(encoding="utf-8", newline="") as stream:
        messages = [row["text"].split() for row in csv.DictReader(stream)]
    after: dict[str, list[str]] = defaultdict(list)
    for words in messages:
        for word, following in zip(["", *words], words, strict=False):
            after[word].append(following)
    texts = []
    for _ in range(count):
        words = [""]
        for _ in range(len(generator.choice(messages))):
            words.append(generator.choice(after[words[-1]] or after[""]))
        texts.append((" ".join(words[1:]),))
    return TextRows(tuple(texts), tuple(at % LABELS for at in range(count)), tuple(map(str, range(count))))


def timed(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    began = time.monotonic()
    call()
    return round(time.monotonic() - began, 3)


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    synthetic = drawn_rows(MESSAGES / "train.csv", arguments.rows, seed=1)
    real = drawn_rows(MESSAGES / "test.csv", arguments.rows, seed=2)
    texts, real_texts = ([row[0] for row in rows.texts] for rows in (synthetic, real))
    load_before = os.getloadavg()[0]

    embedder = SentenceEmbedder(load_encoder("minilm"))
    settings = Settings(rows=arguments.rows)
    began, began_cpu = time.monotonic(), time.process_time()
    found = measure_diversity(synthetic, real, embedder, settings)
    whole, whole_cpu = time.monotonic() - began, time.process_time() - began_cpu
    began_cpu = time.process_time()
    measure_diversity(synthetic, real, settings=settings)
    wording_cpu = time.process_time() - began_cpu

    # Vectors of the size of MiniLM's: how long a measure takes does not depend on what they hold.
    generator = torch.Generator().manual_seed(0)
    vectors, real_vectors = (
        torch.nn.functional.normalize(torch.randn(arguments.rows, 384, generator=generator)).numpy() for _ in range(2)
    )
    results = {
        "command": "python benchmarks/diversity.py",
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load_before": round(load_before, 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        "rows_of_each_side": found.sampling.rows,
        "self_bleu_rows": found.sampling.self_bleu_rows,
        "words_of_a_row": {
            "synthetic": found.variety.mean_words,
            "real": found.real_variety.mean_words if found.real_variety else None,
        },
        "encoder": {"name": embedder.encoder.name, "revision": embedder.encoder.revision},
        "seconds": {
            "all": round(whole, 1),
            "all_but_embedding": round(whole - found.seconds["embedding"], 1),
            **{name: round(taken, 1) for name, taken in found.seconds.items()},
        },
        # Of all cores together; other work on the machine changes it little.
        "cpu_seconds": {"all": round(whole_cpu, 1), "measures of wording": round(wording_cpu, 1)},
        "seconds_of_each_measure_on_one_side": {
            "distinct-1 to 3": timed(lambda: [distinct_n(texts, n) for n in DISTINCT]),
            "Self-BLEU-2 to 5": timed(lambda: self_bleu(texts[:SELF_BLEU_ROWS])),
            "Self-BLEU-2 to 5, of all rows": timed(lambda: self_bleu(texts)),
            "self-repetition": timed(lambda: self_repetition(texts)),
            "compression ratio": timed(lambda: compression_ratio(texts)),
            "remote-clique": timed(lambda: remote_clique(vectors)),
            "Chamfer distance": timed(lambda: chamfer_distance(vectors)),
            "Vendi score": timed(lambda: vendi_score(vectors)),
            "precision, recall, density and coverage": timed(lambda: manifold_overlap(vectors, real_vectors)),
            "top-5 similarity": timed(lambda: similarity_to_real(vectors, real_vectors)),
            "length divergence": timed(lambda: length_divergence(texts, real_texts)),
            "vocabulary divergence": timed(lambda: vocabulary_divergence(texts, real_texts)),
            "copy rate": timed(lambda: copy_rate(synthetic.texts, real.texts)),
            "copied runs of 8 words": timed(lambda: copied_run_rate(synthetic.texts, real.texts)),
        },
        "libraries": found.versions,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
