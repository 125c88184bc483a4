import inspect
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from synth_builder.errors import FilterError, ScoringError
from synth_builder.scoring.encoder_files import load_encoder

MOST_TOKENS = 256  # what all-MiniLM-L6-v2 was trained for; the rest of a longer text is not looked at


class SentenceEncoder:
    """
    Turns texts into vectors whose cosine says how alike the texts' meanings are: the mean of an encoder's last layer
    over the tokens, as sentence-transformers does, scaled to length 1. One text at a time and on the CPU, so that a
    text's vector does not depend on what else is asked.

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
            encoder = load_encoder(name)
        except ScoringError as error:
            raise FilterError(f"The filter {used_by!r} has no encoder to compare with. {error}") from error
        self._model = encoder.model
        self._model.eval()  # type: ignore[no-untyped-call]
        self._tokenizer = encoder.tokenizer
        self._accepted = frozenset(inspect.signature(self._model.forward).parameters)
        self._length = min(MOST_TOKENS, getattr(self._model.config, "max_position_embeddings", MOST_TOKENS))
        self.dimensions = int(self._model.config.hidden_size)
        # One short text gains nothing from several threads, which would only wait for each other; the setting is that
        # of a thread, so it gets a thread of its own. Asking first keeps this thread's own setting as it is.
        torch.get_num_threads()
        self._lane = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))

    def embed(self, text: str) -> NDArray[np.float32]:
        """The text's vector, of length 1."""
        return self._lane.submit(self._embed, text).result()

    def _embed(self, text: str) -> NDArray[np.float32]:
        inputs = self._tokenizer([text], truncation=True, max_length=self._length, return_tensors="pt")
        with torch.inference_mode():
            hidden = self._model(**{k: v for k, v in inputs.items() if k in self._accepted}).last_hidden_state[0]
        mean: NDArray[np.float32] = hidden.mean(dim=0).to(torch.float32).numpy()
        length = np.linalg.norm(mean)
        return (mean / length if length else mean).astype(np.float32)
