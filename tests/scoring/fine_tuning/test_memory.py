from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
transformers = pytest.importorskip("transformers")

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.classifier import TextClassifier  # noqa: E402
from synth_builder.scoring.fine_tuning.fine_tuning import FineTuning  # noqa: E402
from synth_builder.scoring.fine_tuning.memory import RowsAtOnce, out_of_memory  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.trainer import Trial  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows, without_dropout  # noqa: E402

ON_CPU = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to..."
ONEDNN = ("could not create a primitive", "could not create a memory object", "could not execute a primitive")
ON_GPU = "CUDA out of memory. Tried to allocate 2.00 GiB."
SETTINGS = Hyperparameters(learning_rate=3e-3, head_learning_rate=3e-3, epochs=2, min_steps=0, batch_size=8, dropout=0)


@pytest.fixture
def still_encoder(encoder: Encoder) -> Encoder:
    return without_dropout(encoder)


def trial(encoder: Encoder, seed: int = 0, on_step: Callable[[], None] = lambda: None, **settings: Any) -> Trial:
    """A training on 44 toy rows, the last step of an epoch with four; tested on 24 others."""
    return tuning(encoder, **settings).trial("synthetic", toy_rows(44), seed, on_step)


def tuning(encoder: Encoder, **settings: Any) -> FineTuning:
    comparison = Comparison(
        label_names=["negative", "positive"],
        test=toy_rows(24, start=300),
        test_reference="test",
        encoder=encoder,
        hyperparameters=SETTINGS.model_copy(update=settings),
    )
    return FineTuning(comparison, {})


@pytest.fixture
def memory_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Make classifiers fail with more rows than the memory takes; gives the sizes of the batches that were tried."""

    def limit(training: int, prediction: int = 1000, error: Exception | None = None) -> list[int]:
        tried: list[int] = []
        forward = TextClassifier.forward

        def limited(self: TextClassifier, **inputs: Any) -> Any:
            rows = len(inputs["input_ids"])
            tried.append(rows)
            if rows > (training if self.training else prediction):
                raise error or torch.OutOfMemoryError(ON_GPU)
            return forward(self, **inputs)

        monkeypatch.setattr(TextClassifier, "forward", limited)
        return tried

    return limit


@pytest.mark.parametrize("parts", [2, 3, 8])
def test_parts_of_a_step_learn_what_the_whole_step_learns(still_encoder: Encoder, parts: int) -> None:
    whole = trial(still_encoder)
    in_parts = trial(still_encoder, gradient_accumulation_steps=parts)
    assert in_parts.steps == whole.steps == 12
    assert in_parts.notes == ()
    assert abs(in_parts.probabilities - whole.probabilities).max() < 1e-5


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(ON_GPU), *map(RuntimeError, (ON_CPU, *ONEDNN))])
def test_a_training_that_ran_out_of_memory_starts_again_with_half_the_rows_at_a_time(
    still_encoder: Encoder, memory_for: Callable[..., list[int]], error: Exception
) -> None:
    whole = trial(still_encoder)
    tried = memory_for(training=3, error=error)
    told: list[None] = []
    found = trial(still_encoder, on_step=lambda: told.append(None))
    assert tried[:4] == [8, 4, 2, 2]
    assert len(told) == found.steps == 12
    assert found.notes == ("Out of memory in training: the rows went through the encoder 2 at a time instead of 8.",)
    assert abs(found.probabilities - whole.probabilities).max() < 1e-5


def test_it_starts_again_from_its_seed(encoder: Encoder, memory_for: Callable[..., list[int]]) -> None:
    # With dropout: what was drawn before the memory ran out must not matter.
    small = trial(encoder, gradient_accumulation_steps=2)
    memory_for(training=4)
    assert (trial(encoder).probabilities == small.probabilities).all()


def test_what_was_too_much_is_not_tried_in_the_next_training(
    encoder: Encoder, memory_for: Callable[..., list[int]]
) -> None:
    tried = memory_for(training=4)
    method = tuning(encoder)
    for seed in (0, 1):
        found = method.trial("synthetic", toy_rows(44), seed, lambda: None)
        assert found.notes == (
            "Out of memory in training: the rows went through the encoder 4 at a time instead of 8.",
        )
    assert tried.count(8) == 1


def test_prediction_goes_on_with_half_the_rows(still_encoder: Encoder, memory_for: Callable[..., list[int]]) -> None:
    whole = trial(still_encoder)
    tried = memory_for(training=8, prediction=10)
    found = trial(still_encoder)
    assert tried[12:] == [24, 12, 6, 6, 6, 6]
    assert found.notes == (
        "Out of memory in prediction: the rows went through the encoder 6 at a time instead of 64.",
    )
    assert abs(found.probabilities - whole.probabilities).max() < 1e-6


@pytest.mark.parametrize(("training", "prediction", "work"), [(0, 0, "training"), (8, 0, "prediction")])
def test_a_single_row_that_does_not_fit_is_an_error_of_ours(
    encoder: Encoder, memory_for: Callable[..., list[int]], training: int, prediction: int, work: str
) -> None:
    memory_for(training, prediction)
    with pytest.raises(ScoringError, match=f"Out of memory in {work} with a single row at a time: CUDA out of"):
        trial(encoder)


@pytest.mark.parametrize(("training", "prediction", "work"), [(0, 0, "training"), (8, 0, "prediction")])
def test_a_single_row_that_onednn_has_no_memory_for_is_an_error_of_ours(
    encoder: Encoder, memory_for: Callable[..., list[int]], training: int, prediction: int, work: str
) -> None:
    memory_for(training, prediction, RuntimeError(ONEDNN[0]))
    with pytest.raises(
        ScoringError, match=rf"Out of memory in {work} with a single row at a time: could not create a primitive\. Exp"
    ):
        trial(encoder)


def test_other_errors_are_not_taken_for_a_lack_of_memory(
    encoder: Encoder, memory_for: Callable[..., list[int]]
) -> None:
    tried = memory_for(training=0, error=RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        trial(encoder)
    assert len(tried) == 1
    assert not out_of_memory(RuntimeError("something", "else"))
    # An operation that oneDNN does not have on this processor.
    assert not out_of_memory(RuntimeError("could not create a primitive descriptor for the matmul primitive"))


def test_several_processes_can_not_start_again_together() -> None:
    with pytest.raises(ScoringError, match=r"8 rows at a time in each of 2 processes.*raise gradient_acc"):
        RowsAtOnce(8, "training").halve(torch.OutOfMemoryError(ON_GPU), processes=2)
