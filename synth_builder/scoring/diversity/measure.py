import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from synth_builder import __version__
from synth_builder.errors import ScoringError
from synth_builder.scoring.diversity.compression import compression_ratio
from synth_builder.scoring.diversity.copies import copied_run_rate, copy_rate
from synth_builder.scoring.diversity.distances import chamfer_distance, remote_clique
from synth_builder.scoring.diversity.distinct import distinct_n
from synth_builder.scoring.diversity.divergence import length_divergence, vocabulary_divergence
from synth_builder.scoring.diversity.manifolds import NEIGHBOURS, manifold_overlap
from synth_builder.scoring.diversity.real_similarity import similarity_to_real
from synth_builder.scoring.diversity.results import (
    Diversity,
    EncoderUsed,
    Likeness,
    RowsMeasured,
    Sampling,
    Variety,
)
from synth_builder.scoring.diversity.self_bleu import ORDERS, self_bleu
from synth_builder.scoring.diversity.self_repetition import self_repetition
from synth_builder.scoring.diversity.vendi import vendi_score
from synth_builder.scoring.diversity.words import mean_words
from synth_builder.scoring.subsets import stratified_order
from synth_builder.scoring.text_rows import TextRows

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors
    from synth_builder.scoring.encoder_files import Encoder

MOST_ROWS = 10_000
SELF_BLEU_ROWS = 1_000
DISTINCT = (1, 2, 3)
LIBRARIES = ("numpy", "tokenizers", "torch", "transformers")


def measure_diversity(
    synthetic: TextRows,
    real: TextRows | None = None,
    *,
    encoder: "Encoder | None" = None,
    rows: int = MOST_ROWS,
    self_bleu_rows: int = SELF_BLEU_ROWS,
    seed: int = 0,
    device: str = "cpu",
    dataset: str = "dataset",
    variant: str = "default",
    real_reference: str = "real",
    on_rows: Callable[[int], None] | None = None,
) -> Diversity:
    """
    Measure how varied rows are and how near to real ones.

    Most measures depend on the number of rows, so equally many of both sides are drawn: `rows`, or as many as the
    smaller side has. Only the copy rates look at all rows. The texts of a pair count as one text of two lines.

    Args:
        synthetic (`TextRows`):
            The rows to measure.
        real (`TextRows`, *optional*):
            Real rows. Without them there is no likeness.
        encoder (`Encoder`, *optional*):
            What `load_encoder` gives. Without it the measures of embeddings are `None`.
        rows (`int`, defaults to 10,000):
            Rows of each side at most.
        self_bleu_rows (`int`, defaults to 1,000):
            Rows of each side for Self-BLEU at most: with many thousand texts nearly every pair of words stands in
            some other text, and the values of all data sets come near 1.
        seed (`int`, defaults to 0):
            Fixes the draw.
        device (`str`, defaults to `"cpu"`):
            Where the encoder runs, as torch names it.
        dataset, variant, real_reference (`str`):
            What was measured, for the result.
        on_rows (`Callable[[int], None]`, *optional*):
            Called with the number of rows embedded, batch by batch.

    Returns:
        `Diversity`: All measures.

    Raises:
        ScoringError: There are no rows, or less than one is asked for.
    """
    for name, side in (("synthetic", synthetic), ("real", real)):
        if side is not None and not len(side):
            raise ScoringError(f"There are no {name} rows to measure; expected at least one.")
    if rows < 1 or self_bleu_rows < 1:
        raise ScoringError(f"{min(rows, self_bleu_rows)} rows are asked for; expected at least 1.")
    size = min(rows, len(synthetic), len(synthetic) if real is None else len(real))
    sampling = Sampling(rows=size, self_bleu_rows=min(self_bleu_rows, size), seed=seed)
    seconds: dict[str, float] = {}

    texts = _drawn(synthetic, sampling)
    real_texts = None if real is None else _drawn(real, sampling)
    vectors = real_vectors = None
    if encoder is not None:
        from synth_builder.scoring.sentence_embeddings import SentenceEmbedder

        with _timed(seconds, "embedding"):
            embedder = SentenceEmbedder(encoder, device)
            vectors = embedder.embed_all(texts, on_rows=on_rows)
            real_vectors = None if real_texts is None else embedder.embed_all(real_texts, on_rows=on_rows)
    variety = _variety(texts, vectors, sampling, seconds)
    real_variety = likeness = None
    if real is not None and real_texts is not None:
        real_variety = _variety(real_texts, real_vectors, sampling, seconds)
        likeness = _likeness((synthetic, texts, vectors), (real, real_texts, real_vectors), seconds)
    return Diversity(
        dataset=dataset,
        variant=variant,
        synthetic=_measured(f"{dataset}:{variant}", synthetic),
        real=None if real is None else _measured(real_reference, real),
        sampling=sampling,
        encoder=None
        if encoder is None
        else EncoderUsed(name=encoder.name, revision=encoder.revision, device=device),
        variety=variety,
        real_variety=real_variety,
        likeness=likeness,
        notes=_notes(synthetic, real, encoder, sampling),
        versions={"synth-builder": __version__, "python": platform.python_version()}
        | {name: version(name) for name in LIBRARIES if encoder is not None},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={name: round(taken, 3) for name, taken in seconds.items()},
    )


def _drawn(rows: TextRows, sampling: Sampling) -> list[str]:
    return ["\n".join(rows.texts[place]) for place in stratified_order(rows.labels, sampling.seed)[: sampling.rows]]


def _variety(
    texts: Sequence[str], vectors: "Vectors | None", sampling: Sampling, seconds: dict[str, float]
) -> Variety:
    with _timed(seconds, "wording"):
        wording = {
            "mean_words": mean_words(texts),
            "distinct": {n: distinct_n(texts, n) for n in DISTINCT},
            "self_bleu": self_bleu(texts[: sampling.self_bleu_rows], ORDERS),
            "self_repetition": self_repetition(texts),
            "compression_ratio": compression_ratio(texts),
        }
    with _timed(seconds, "embeddings"):
        return Variety.model_validate(
            wording
            | {
                "remote_clique": None if vectors is None else remote_clique(vectors),
                "chamfer_distance": None if vectors is None else chamfer_distance(vectors),
                "vendi_score": None if vectors is None else vendi_score(vectors),
            }
        )


def _likeness(
    synthetic: "tuple[TextRows, Sequence[str], Vectors | None]",
    real: "tuple[TextRows, Sequence[str], Vectors | None]",
    seconds: dict[str, float],
) -> Likeness:
    (all_rows, texts, vectors), (all_real, real_texts, real_vectors) = synthetic, real
    overlap = similarity = None
    with _timed(seconds, "embeddings"):
        if vectors is not None and real_vectors is not None:
            overlap = manifold_overlap(vectors, real_vectors)
            similarity = similarity_to_real(vectors, real_vectors)
    with _timed(seconds, "wording"):
        return Likeness(
            precision=overlap.precision if overlap else None,
            recall=overlap.recall if overlap else None,
            density=overlap.density if overlap else None,
            coverage=overlap.coverage if overlap else None,
            similarity_to_real=similarity,
            length_divergence=length_divergence(texts, real_texts),
            vocabulary_divergence=vocabulary_divergence(texts, real_texts),
            copy_rate=copy_rate(all_rows.texts, all_real.texts),
            copied_run_rate=copied_run_rate(all_rows.texts, all_real.texts),
        )


def _notes(
    synthetic: TextRows, real: TextRows | None, encoder: "Encoder | None", sampling: Sampling
) -> tuple[str, ...]:
    notes = []
    if real is None:
        notes.append("There are no real rows, so the likeness was left out; give rows with --real.")
    elif len(real) < len(synthetic) and sampling.rows == len(real):
        notes.append(
            f"There are {len(real):,} real rows, so as many of the {len(synthetic):,} synthetic rows were measured."
        )
    if encoder is None:
        notes.append("Measures of embeddings were left out, as there was no encoder.")
    elif real is not None and sampling.rows <= NEIGHBOURS:
        notes.append(
            f"{sampling.rows} rows of each side are too few for precision, recall, density and coverage; they need "
            f"more than {NEIGHBOURS}."
        )
    return tuple(notes)


def _measured(reference: str, rows: TextRows) -> RowsMeasured:
    return RowsMeasured(reference=reference, rows=len(rows), fingerprint=rows.fingerprint())


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.monotonic() - began
