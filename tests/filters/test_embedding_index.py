import numpy as np
import pytest

from synth_builder.filters import embedding_index
from synth_builder.filters.embedding_index import EmbeddingIndex


def unit(*numbers: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    vector = np.array(numbers, np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def test_the_nearest_and_its_cosine_are_told() -> None:
    index = EmbeddingIndex(2)
    assert index.nearest(unit(1, 0)) is None
    index.add(unit(0, 1))
    index.add(unit(3, 4))
    found = index.nearest(unit(1, 0))
    assert found is not None
    assert found[0] == 1
    assert found[1] == pytest.approx(0.6, abs=1e-3)
    assert len(index) == 2


def test_of_equals_the_first_is_named() -> None:
    index = EmbeddingIndex(2)
    for _ in range(3):
        index.add(unit(1, 1))
    assert index.nearest(unit(1, 1)) is not None
    assert (index.nearest(unit(1, 1)) or (9, 0))[0] == 0


def test_every_row_of_every_block_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_index, "BLOCK", 8)
    vectors = np.random.default_rng(0).normal(size=(37, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = EmbeddingIndex(16)
    for vector in vectors:
        index.add(vector)
    for query in np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32):
        query /= np.linalg.norm(query)
        found = index.nearest(query)
        assert found is not None
        assert found[0] == int((vectors @ query).argmax())
        assert found[1] == pytest.approx(float((vectors @ query).max()), abs=1e-3)


def test_a_row_takes_two_bytes_a_dimension() -> None:
    index = EmbeddingIndex(384)
    for _ in range(2 * embedding_index.BLOCK):
        index.add(unit(*([1.0] * 384)))
    assert sum(block.nbytes for block in index._blocks) == 2 * embedding_index.BLOCK * 768
