import inspect
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from synth_builder.scoring.encoder_files import Encoder, load_encoder

MOST_TOKENS = 256  # what all-MiniLM-L6-v2 was trained for; the rest of a longer text is not looked at
BATCH_SIZE = 64


class SentenceEmbedder:
    """
    Turns texts into vectors whose cosine says how alike the texts' meanings are: the mean of an encoder's last layer
    over the tokens, as sentence-transformers does, scaled to length 1.

    Args:
        encoder (`Encoder`):
            What `load_encoder` gives. It is put into evaluation mode, on the device.
        device (`str`, defaults to `"cpu"`):
            Where to compute, as torch names it.
    """

    def __init__(self, encoder: Encoder, device: str = "cpu") -> None:
        self.encoder = encoder
        self.device = device
        self._model = encoder.model.to(device)  # type: ignore[arg-type]
        self._model.eval()
        self._tokenizer = encoder.tokenizer
        self._accepted = frozenset(inspect.signature(self._model.forward).parameters)
        self._length = min(MOST_TOKENS, getattr(self._model.config, "max_position_embeddings", MOST_TOKENS))
        self.dimensions = int(self._model.config.hidden_size)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        The vectors of a few texts, in one batch.

        Args:
            texts (`Sequence[str]`):
                At least one.

        Returns:
            `np.ndarray` of shape `(len(texts), dimensions)`: Of length 1 each.
        """
        inputs = self._tokenizer(
            [*texts], truncation=True, max_length=self._length, padding=len(texts) > 1, return_tensors="pt"
        ).to(self.device)
        with torch.inference_mode():
            hidden = self._model(**{k: v for k, v in inputs.items() if k in self._accepted}).last_hidden_state
            lengths = inputs["attention_mask"].sum(dim=1).tolist()
            # Token by token of each text alone: padding never comes into the mean, whichever side it is on.
            masks = inputs["attention_mask"].bool()
            means = [
                (row if length == row.shape[0] else row[mask]).mean(dim=0)
                for row, mask, length in zip(hidden, masks, lengths, strict=True)
            ]
        vectors: NDArray[np.float32] = torch.stack(means).to(torch.float32).cpu().numpy()
        for number, vector in enumerate(vectors):
            norm = np.linalg.norm(vector)
            if norm:
                vectors[number] = vector / norm
        return vectors

    def embed_all(
        self, texts: Sequence[str], batch_size: int = BATCH_SIZE, on_rows: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """
        The vectors of many texts. Batches hold texts of like length, the longest first; equal texts are embedded once.

        Args:
            texts (`Sequence[str]`):
                Any number, in any order.
            batch_size (`int`, defaults to 64):
                Texts at a time. What a text is batched with changes its vector by rounding only.
            on_rows (`Callable[[int], None]`, *optional*):
                Called after each batch with the number of texts done.

        Returns:
            `np.ndarray` of shape `(len(texts), dimensions)`: In the texts' order, of length 1 each.
        """
        places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(text, []).append(place)
        ordered = sorted(places, key=len, reverse=True)
        found = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(ordered), batch_size):
            batch = ordered[start : start + batch_size]
            done = 0
            for text, vector in zip(batch, self.embed(batch), strict=True):
                found[places[text]] = vector
                done += len(places[text])
            if on_rows is not None:
                on_rows(done)
        return found


def open_embedder(encoder: str) -> SentenceEmbedder:
    """
    Load an encoder to embed with, on an accelerator where there is one.

    Args:
        encoder (`str`):
            `minilm`, a Hub id, or a directory.

    Raises:
        ScoringError: There is no such encoder, or it can't be read.
    """
    return SentenceEmbedder(load_encoder(encoder), "cuda" if torch.cuda.is_available() else "cpu")
