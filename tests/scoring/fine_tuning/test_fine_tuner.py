from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.fine_tuner import FineTuner  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy  # noqa: E402
from synth_builder.scoring.processes import open_accelerator  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402


class CompilerFailed(RuntimeError):
    """What the compiler's errors are: a RuntimeError from a module of torch."""

    __module__ = "torch._inductor.exc"


def tuner(encoder: Encoder, **settings: Any) -> FineTuner:
    hyperparameters = Hyperparameters(epochs=1, min_steps=0, batch_size=8, **settings)
    comparison = Comparison(["negative", "positive"], toy_rows(4), "test", encoder, hyperparameters=hyperparameters)
    return FineTuner(comparison, open_accelerator())


@pytest.mark.parametrize("asked", [True, False])
def test_a_copy_of_the_encoder_is_compiled_for_all_lengths_where_it_is_asked_for(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    compiled: list[tuple[nn.Module, dict[str, object]]] = []
    monkeypatch.setattr(nn.Module, "compile", lambda module, **options: compiled.append((module, options)))
    training = tuner(encoder, compile=asked)
    training.trained(training.tokenized(toy_rows(16)), CrossEntropy(), 0, lambda: None)
    assert [options for _, options in compiled] == ([{"dynamic": True}] if asked else [])
    assert all(module is not encoder.model and type(module) is type(encoder.model) for module, _ in compiled)


def test_an_encoder_that_can_not_be_compiled_is_an_error_of_ours(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(module: nn.Module, **options: object) -> None:
        def forward(**inputs: object) -> None:
            raise CompilerFailed(
                "InvalidCxxCompiler: No working C++ compiler found\n\nSet TORCHDYNAMO_VERBOSE=1 for the internal "
                'stack trace. For even more developer context, set TORCH_LOGS="+dynamo"\n\n'
            )

        monkeypatch.setattr(module, "forward", forward)

    monkeypatch.setattr(nn.Module, "compile", failing)
    training = tuner(encoder, compile=True)
    with pytest.raises(
        ScoringError, match=r"can't compile the encoder.*No working C\+\+ compiler found\nExpected a C"
    ) as refused:
        training.trained(training.tokenized(toy_rows(16)), CrossEntropy(), 0, lambda: None)
    assert str(refused.value).endswith("; or leave it as it is, with --set compile=false.")
