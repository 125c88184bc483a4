import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np

from synth_builder.scoring.encoder_files import Encoder
from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

TEXTS = ["the film was good", "bad", "our food was very late and so bad", "the film was good", ""]


def test_a_vector_is_the_mean_of_the_last_layer_over_the_tokens_scaled_to_length_one(encoder: Encoder) -> None:
    import torch

    embedder = SentenceEmbedder(encoder)
    inputs = encoder.tokenizer(["the film"], return_tensors="pt")
    with torch.inference_mode():
        hidden = encoder.model(**inputs).last_hidden_state[0].numpy()
    assert len(hidden) == 4  # two words between two marks
    mean = hidden.sum(axis=0) / 4
    assert embedder.embed(["the film"])[0] == pytest.approx(mean / np.sqrt((mean**2).sum()), abs=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_the_vectors_of_many_texts_are_those_of_each_alone(encoder: Encoder, batch_size: int) -> None:
    embedder = SentenceEmbedder(encoder)
    found = embedder.embed_all(TEXTS, batch_size=batch_size)
    assert found.shape == (5, embedder.dimensions) == (5, 32)
    for text, vector in zip(TEXTS, found, strict=True):
        assert vector == pytest.approx(embedder.embed([text])[0], abs=1e-5)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(found[0], found[3])


def test_every_row_is_counted_as_it_is_done_equal_ones_too(encoder: Encoder) -> None:
    done: list[int] = []
    SentenceEmbedder(encoder).embed_all(TEXTS, batch_size=2, on_rows=done.append)
    assert sum(done) == len(TEXTS)
    assert SentenceEmbedder(encoder).embed_all([]).shape == (0, 32)
