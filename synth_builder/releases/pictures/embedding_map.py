from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth_builder.extras import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXTRA = "score"
ENCODER = "minilm"
SYNTHETIC, REAL = 600, 400
"""Points at most."""
FEWEST = 10
SEED = 0


@dataclass(frozen=True)
class EmbeddingMap:
    """
    Texts as points of a plane: near each other where a sentence encoder takes their meanings for near.

    Args:
        synthetic, real (`NDArray[np.float32]`):
            A point each, two columns.
        synthetic_labels, real_labels (`tuple[str, ...]`):
            Their labels.
        same_label (`float`, *optional*):
            Share of the real rows whose nearest synthetic row, before anything was flattened, has the same label.
    """

    synthetic: "NDArray[np.float32]"
    synthetic_labels: tuple[str, ...]
    real: "NDArray[np.float32]"
    real_labels: tuple[str, ...]
    same_label: float | None


def embedding_map(
    synthetic: Sequence[tuple[str, str]], real: Sequence[tuple[str, str]], encoder: str = ENCODER
) -> EmbeddingMap:
    """
    Lay texts out by t-SNE of their sentence embeddings, synthetic and real ones together.

    Args:
        synthetic (`Sequence[tuple[str, str]]`):
            Text and label of each synthetic row.
        real (`Sequence[tuple[str, str]]`):
            The same of real rows.
        encoder (`str`, defaults to `"minilm"`):
            The sentence encoder: `minilm`, a directory, or a Hub id.

    Raises:
        MissingExtraError: The extra `score` is not installed.
        ScoringError: There is no such encoder, or it can't be read.
    """
    for package in ("torch", "transformers", "sklearn"):
        require(package, extra=EXTRA)
    import numpy as np
    from sklearn.manifold import TSNE

    from synth_builder.scoring.encoder_files import load_encoder
    from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

    vectors = SentenceEmbedder(load_encoder(encoder)).embed_all([text for text, _ in (*synthetic, *real)])
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    # Texts that all mean the same have no principal component to start from.
    start = "pca" if np.ptp(vectors, axis=0).any() else "random"
    points = TSNE(init=start, perplexity=perplexity, random_state=SEED).fit_transform(vectors).astype(np.float32)
    labels, real_labels = tuple(label for _, label in synthetic), tuple(label for _, label in real)
    count = len(synthetic)
    same = None
    if len(real) and count:
        nearest = (vectors[count:] @ vectors[:count].T).argmax(axis=1)
        same = sum(labels[at] == label for at, label in zip(nearest, real_labels, strict=True)) / len(real)
    return EmbeddingMap(points[:count], labels, points[count:], real_labels, same)


def map_in_words(name: str, found: EmbeddingMap, labels: Sequence[str]) -> str:
    """What the map shows, with its numbers, for those who do not see it."""
    told = f"Map of the meanings of {len(found.synthetic)} rows of {name}"
    if len(found.real):
        told += f" beside {len(found.real)} real rows, on the same plane"
    counts = Counter(found.synthetic_labels)
    return f"{told}, coloured by label ({', '.join(f'{label} {counts[label]}' for label in labels)})."


def map_caption(found: EmbeddingMap, real_name: str | None) -> str:
    """How the map is made and what to look for."""
    told = f"Sentence embeddings (all-MiniLM-L6-v2) of {len(found.synthetic)} rows"
    if not len(found.real):
        return f"{told}, flattened by t-SNE; distances between far points mean little."
    told += f" and of {len(found.real)} real ones ({real_name}), flattened together by t-SNE."
    return (
        f"{told} Real points where no synthetic ones are show what the rows lack. For {found.same_label:.0%} of the "
        "real rows the nearest synthetic row has the same label."
    )
