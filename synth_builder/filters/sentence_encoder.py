from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from synth_builder.errors import FilterError, ScoringError
from synth_builder.scoring.encoder_files import load_encoder
from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder


class SentenceEncoder:
    """
    Turns texts into vectors whose cosine says how alike the texts' meanings are, as `SentenceEmbedder` does. One text
    at a time and on the CPU, so that a text's vector does not depend on what else is asked.

    Args:
        name (`str`):
            `minilm`, a directory, or a Hub id.
        used_by (`str`, defaults to `"semantic_duplicates"`):
            Name of the filter, for messages.

    Raises:
        FilterError: There is no such encoder, or it can't be read.
    """

    def __init__(self, name: str, used_by: str = "semantic_duplicates") -> None:
        try:
            self._embedder = SentenceEmbedder(load_encoder(name))
        except ScoringError as error:
            raise FilterError(f"The filter {used_by!r} has no encoder to compare with. {error}") from error
        self.dimensions = self._embedder.dimensions
        # One short text gains nothing from several threads, which would only wait for each other; the setting is that
        # of a thread, so it gets a thread of its own. Asking first keeps this thread's own setting as it is.
        torch.get_num_threads()
        self._lane = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))

    def embed(self, text: str) -> NDArray[np.float32]:
        """The text's vector, of length 1."""
        vector: NDArray[np.float32] = self._lane.submit(self._embedder.embed, [text]).result()[0]
        return vector
