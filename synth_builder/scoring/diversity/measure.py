import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

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
from synth_builder.scoring.given_values import whole_number
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.versions import versions_of

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors
    from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

MOST_ROWS = 10_000
SELF_BLEU_ROWS = 1_000
DISTINCT = (1, 2, 3)
LIBRARIES = ("numpy", "tokenizers", "torch", "transformers")

Seconds = defaultdict[str, float]


@dataclass(frozen=True)
class Settings:
    """
    How diversity is measured, and what the results are called.

    Args:
        rows (`int`, defaults to 10,000):
            Rows of each side at most.
        self_bleu_rows (`int`, defaults to 1,000):
            Rows of each side for Self-BLEU at most: with many thousand texts nearly every pair of words stands in
            some other text, and the values of all data sets come near 1.
        seed (`int`, defaults to 0):
            Fixes the draw.
        dataset (`str`, defaults to `"dataset"`):
            Name of the dataset.
        real_reference (`str`, defaults to `"real"`):
            Where the real rows are from.
        labelled (`bool`, defaults to `True`):
            Whether the rows have labels, by which the draw is stratified. No measure looks at them.
    """

    rows: int = MOST_ROWS
    self_bleu_rows: int = SELF_BLEU_ROWS
    seed: int = 0
    dataset: str = "dataset"
    real_reference: str = "real"
    labelled: bool = True


def check_rows(rows: int, self_bleu_rows: int) -> None:
    """
    Make sure that numbers of rows can be drawn.

    Raises:
        ScoringError: One is below 1, or no whole number.
    """
    whole_number(rows, "rows")
    whole_number(self_bleu_rows, "self_bleu_rows")
    if min(rows, self_bleu_rows) < 1:
        raise ScoringError(f"{min(rows, self_bleu_rows)} rows are asked for; expected at least 1.")


@dataclass(frozen=True)
class _Side:
    """Rows with all that was measured of them alone; `seconds` by what took them."""

    rows: TextRows
    texts: Sequence[str]
    vectors: "Vectors | None"
    variety: Variety
    seconds: Seconds


def measure_diversity(
    synthetic: TextRows,
    real: TextRows | None = None,
    embedder: "SentenceEmbedder | None" = None,
    settings: Settings | None = None,
    variant: str = "default",
) -> Diversity:
    """
    Measure how varied rows are and how near to real ones; see `measure_variants`.

    Args:
        synthetic (`TextRows`):
            The rows to measure.
        real (`TextRows`, *optional*):
            Real rows. Without them there is no likeness.
        embedder (`SentenceEmbedder`, *optional*):
            Without it the measures of embeddings are `None`.
        settings (`Settings`, *optional*):
            How many rows, and names.
        variant (`str`, defaults to `"default"`):
            What the rows are called in the result.

    Returns:
        `Diversity`: All measures.

    Raises:
        ScoringError: There are no rows, or less than one is asked for.
    """
    return next(measure_variants({variant: synthetic}, real, embedder, settings))


def measure_variants(
    variants: Mapping[str, TextRows],
    real: TextRows | None = None,
    embedder: "SentenceEmbedder | None" = None,
    settings: Settings | None = None,
    on_rows: Callable[[int], None] | None = None,
) -> Iterator[Diversity]:
    """
    Measure how varied the rows of variants are and how near to real ones.

    Most measures depend on the number of rows, so equally many are drawn of each variant and of the real rows, and
    measures of several variants can be compared. Only the copy rates look at all rows. The texts of a pair count as
    one text of two lines.

    Args:
        variants (`Mapping[str, TextRows]`):
            Variant -> its rows.
        real (`TextRows`, *optional*):
            Real rows. Without them there is no likeness.
        embedder (`SentenceEmbedder`, *optional*):
            Without it the measures of embeddings are `None`.
        settings (`Settings`, *optional*):
            How many rows, and names.
        on_rows (`Callable[[int], None]`, *optional*):
            Called with the number of rows embedded, batch by batch.

    Returns:
        `Iterator[Diversity]`: One per variant, in order, each given as soon as it is complete.

    Raises:
        ScoringError: There are no rows, or less than one is asked for.
    """
    settings = settings or Settings()
    check_rows(settings.rows, settings.self_bleu_rows)
    sides = {f"of the variant {name!r}": rows for name, rows in variants.items()}
    if real is not None:
        sides[f"of {settings.real_reference!r}"] = real
    for name, rows in sides.items():
        if not len(rows):
            raise ScoringError(f"There are no rows {name} to measure; expected at least one.")
    size = min(settings.rows, *map(len, sides.values()))
    sampling = Sampling(rows=size, self_bleu_rows=min(settings.self_bleu_rows, size), seed=settings.seed)
    beside = None if real is None else _side(real, sampling, embedder, on_rows)
    for variant, rows in variants.items():
        own = _side(rows, sampling, embedder, on_rows)
        seconds = own.seconds
        likeness = None
        if beside is not None:
            for name, taken in beside.seconds.items():
                seconds[name] += taken
            likeness = _likeness(own, beside, seconds)
        yield Diversity(
            dataset=settings.dataset,
            variant=variant,
            synthetic=_measured(f"{settings.dataset}:{variant}", rows),
            real=None if real is None else _measured(settings.real_reference, real),
            sampling=sampling,
            encoder=None
            if embedder is None
            else EncoderUsed(name=embedder.encoder.name, revision=embedder.encoder.revision, device=embedder.device),
            variety=own.variety,
            real_variety=None if beside is None else beside.variety,
            likeness=likeness,
            notes=_notes(rows, real, embedder is not None, sampling, settings.labelled),
            versions=versions_of(LIBRARIES if embedder is not None else ()),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds={name: round(taken, 3) for name, taken in seconds.items()},
        )


def _side(
    rows: TextRows, sampling: Sampling, embedder: "SentenceEmbedder | None", on_rows: Callable[[int], None] | None
) -> _Side:
    texts = ["\n".join(rows.texts[place]) for place in stratified_order(rows.labels, sampling.seed)[: sampling.rows]]
    seconds: Seconds = defaultdict(float)
    vectors = None
    if embedder is not None:
        with _timed(seconds, "embedding"):
            vectors = embedder.embed_all(texts, on_rows=on_rows)
    with _timed(seconds, "measures of wording"):
        wording = {
            "mean_words": mean_words(texts),
            "distinct": {n: distinct_n(texts, n) for n in DISTINCT},
            "self_bleu": self_bleu(texts[: sampling.self_bleu_rows], ORDERS),
            "self_repetition": self_repetition(texts),
            "compression_ratio": compression_ratio(texts),
        }
    with _timed(seconds, "measures of embeddings"):
        meaning = {
            "remote_clique": None if vectors is None else remote_clique(vectors),
            "chamfer_distance": None if vectors is None else chamfer_distance(vectors),
            "vendi_score": None if vectors is None else vendi_score(vectors),
        }
    return _Side(rows, texts, vectors, Variety.model_validate(wording | meaning), seconds)


def _likeness(synthetic: _Side, real: _Side, seconds: Seconds) -> Likeness:
    overlap = similarity = None
    if synthetic.vectors is not None and real.vectors is not None:
        with _timed(seconds, "measures of embeddings"):
            overlap = manifold_overlap(synthetic.vectors, real.vectors)
            similarity = similarity_to_real(synthetic.vectors, real.vectors)
    with _timed(seconds, "measures of wording"):
        return Likeness(
            precision=overlap.precision if overlap else None,
            recall=overlap.recall if overlap else None,
            density=overlap.density if overlap else None,
            coverage=overlap.coverage if overlap else None,
            similarity_to_real=similarity,
            length_divergence=length_divergence(synthetic.texts, real.texts),
            vocabulary_divergence=vocabulary_divergence(synthetic.texts, real.texts),
            copy_rate=copy_rate(synthetic.rows.texts, real.rows.texts),
            copied_run_rate=copied_run_rate(synthetic.rows.texts, real.rows.texts),
        )


def _notes(
    synthetic: TextRows, real: TextRows | None, embedded: bool, sampling: Sampling, labelled: bool
) -> tuple[str, ...]:
    notes = []
    if not labelled:
        notes.append("The rows have no column of labels, so the draw is not stratified by label.")
    if real is None:
        notes.append("There are no real rows, so the likeness was left out; give rows with --real.")
    elif len(real) == sampling.rows < len(synthetic):
        notes.append(
            f"There are {len(real):,} real rows, so as many of the {len(synthetic):,} synthetic rows were measured."
        )
    if not embedded:
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
def _timed(seconds: Seconds, name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[name] += time.monotonic() - began
