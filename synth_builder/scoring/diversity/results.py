from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.results_file import ResultsFile, json_text
from synth_builder.scoring.results.whole_file import whole_file


class RowsMeasured(Record):
    """
    Which rows were measured.

    Args:
        reference (`str`):
            Where they are from.
        rows (`int`):
            How many there are; the copy rates look at all of them.
        fingerprint (`str`):
            SHA-256 over texts and labels, in order.
    """

    reference: str
    rows: int
    fingerprint: str


class Sampling(Record):
    """
    How many rows the measures were computed on. Most depend on that number, so compare only what has the same one.

    Args:
        rows (`int`):
            Rows of each side, drawn at random, stratified by label; for all measures that are not named here.
        self_bleu_rows (`int`):
            The first of these, for Self-BLEU.
        seed (`int`):
            Fixes the draw. A smaller draw is part of a larger one.
    """

    rows: int
    self_bleu_rows: int
    seed: int


class EncoderUsed(Record):
    """
    Which encoder the embeddings are from.

    Args:
        name (`str`):
            As the user gave it.
        revision (`str`):
            Commit on the Hub, or hash of the local files.
        device (`str`):
            Where it ran.
    """

    name: str
    revision: str
    device: str


class Variety(Record):
    """
    How varied texts are among themselves. A value is `None` where there are too few rows or words for it, and all
    those of embeddings where there was no encoder.

    Args:
        mean_words (`float`, *optional*):
            Mean number of words; `diversity/words.py`.
        distinct (`dict[int, float | None]`):
            n -> distinct-n; `diversity/distinct.py`.
        self_bleu (`dict[int, float | None]`):
            N -> Self-BLEU-N; `diversity/self_bleu.py`.
        self_repetition (`float`, *optional*):
            See `diversity/self_repetition.py`.
        compression_ratio (`float`, *optional*):
            See `diversity/compression.py`.
        remote_clique, chamfer_distance (`float`, *optional*):
            See `diversity/distances.py`.
        vendi_score (`float`, *optional*):
            See `diversity/vendi.py`.
    """

    mean_words: float | None
    distinct: dict[int, float | None]
    self_bleu: dict[int, float | None]
    self_repetition: float | None
    compression_ratio: float | None
    remote_clique: float | None
    chamfer_distance: float | None
    vendi_score: float | None


class Likeness(Record):
    """
    How synthetic rows lie to real ones. A value is `None` where there are too few rows or words for it, and all those
    of embeddings where there was no encoder.

    Args:
        precision, recall, density, coverage (`float`, *optional*):
            See `diversity/manifolds.py`.
        similarity_to_real (`float`, *optional*):
            Of each real row to the five nearest synthetic ones; `diversity/real_similarity.py`.
        length_divergence, vocabulary_divergence (`float`, *optional*):
            See `diversity/divergence.py`.
        copy_rate, copied_run_rate (`float`, *optional*):
            Among all rows, not only the sample; `diversity/copies.py`.
    """

    precision: float | None
    recall: float | None
    density: float | None
    coverage: float | None
    similarity_to_real: float | None
    length_divergence: float | None
    vocabulary_divergence: float | None
    copy_rate: float | None
    copied_run_rate: float | None


class Diversity(ResultsFile):
    """
    How varied the rows of a variant are and how near to real ones, with everything needed to repeat it.

    Args:
        dataset (`str`):
            Repository id, or the folder's name.
        variant (`str`):
            The measured variant.
        synthetic (`RowsMeasured`):
            Its rows.
        real (`RowsMeasured`, *optional*):
            The real rows, where there are any.
        sampling (`Sampling`):
            How many rows of each were used.
        encoder (`EncoderUsed`, *optional*):
            Where the embeddings are from; `None` when measures of embeddings were left out.
        variety (`Variety`):
            Of the synthetic rows.
        real_variety (`Variety`, *optional*):
            Of as many real rows: the yardstick for the other.
        likeness (`Likeness`, *optional*):
            Of the synthetic to the real rows.
        notes (`tuple[str, ...]`):
            What a reader has to know.
        versions (`dict[str, str]`):
            Library -> version.
        created (`str`):
            Time of the end in UTC, ISO 8601.
        seconds (`dict[str, float]`):
            Time of the embedding, of the measures of wording, and of those of embeddings.
        schema_version (`int`, defaults to 1):
            Form of this file.
    """

    called = "measures of diversity"
    written_by = "synth-builder diversity"
    again = "measure the variant again"

    schema_version: Literal[1] = 1
    dataset: str
    variant: str
    synthetic: RowsMeasured
    real: RowsMeasured | None
    sampling: Sampling
    encoder: EncoderUsed | None
    variety: Variety
    real_variety: Variety | None
    likeness: Likeness | None
    notes: tuple[str, ...]
    versions: dict[str, str]
    created: str
    seconds: dict[str, float]


def write_all(found: Mapping[str, Diversity], path: Path) -> None:
    """
    Write the measures of several variants into one file, never half of it: an object of variant -> what `write` would
    write.
    """
    measures = {variant: diversity.model_dump(mode="json") for variant, diversity in found.items()}
    with whole_file(path) as stream:
        stream.write((json_text(measures) + "\n").encode())
