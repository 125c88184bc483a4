from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from synth_builder.engines.embedded_model import LoadedModel, find_model, load_model
from synth_builder.engines.embedded_prompts import WORTH_IT, common_beginning, read_prompts, tokens_to_read
from tests.engines.tiny_model import save_tiny_model

SHARED = tuple(range(20, 20 + 2 * WORTH_IT))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder: Path = tmp_path_factory.mktemp("model")
    save_tiny_model(folder)
    return load_model(find_model(str(folder)))


@pytest.mark.parametrize(
    ("prompts", "shared"),
    [
        ([(1, 2, 3, 4), (1, 2, 5)], 2),
        ([(1, 2, 3), (1, 2, 3, 4)], 2),  # the last token of the shorter one has to be read by itself
        ([(1, 2, 3)], 0),
        ([(1,), (1, 2)], 0),
        ([(9, 2), (1, 2)], 0),
    ],
)
def test_prompts_begin_with_the_same_tokens(prompts: list[tuple[int, ...]], shared: int) -> None:
    assert common_beginning(prompts) == shared


def test_equal_prompts_and_what_all_begin_with_are_read_once() -> None:
    prompts = [(*SHARED, 1, 2), (*SHARED, 3), (*SHARED, 1, 2)]
    assert tokens_to_read(prompts) == len(SHARED) + 2 + 1
    assert tokens_to_read([(1, 2, 3), (1, 2, 4)]) == 6  # too little in common


def test_the_scores_are_those_of_each_prompt_read_alone(loaded: LoadedModel) -> None:
    prompts = [(*SHARED, 1, 2), (*SHARED, 3, 4, 5, 6), (*SHARED, 7), (*SHARED, 1, 2)]
    logits, cache, mask = read_prompts(loaded, prompts)
    assert mask.shape == (4, len(SHARED) + 4)
    assert cache.get_seq_length() == len(SHARED) + 4
    for row, prompt in enumerate(prompts):
        alone, _, _ = read_prompts(loaded, [prompt])
        torch.testing.assert_close(logits[row], alone[0], rtol=1e-4, atol=1e-4)
