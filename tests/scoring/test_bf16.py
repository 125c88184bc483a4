import os
import signal
from typing import Any

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring import bf16


@pytest.mark.parametrize(
    ("trial", "found"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", signal.strsignal(signal.SIGILL)),
        ("raise RuntimeError('no kernel')", "RuntimeError: no kernel"),
        ("raise SystemExit(3)", "exit status 3"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="A process dies of a signal.")
def test_a_cpu_that_dies_of_bf16_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch, trial: str, found: str) -> None:
    monkeypatch.setattr(bf16, "TRIAL", trial)
    bf16.refuse_without_bf16.cache_clear()
    with pytest.raises(ScoringError, match=f"a small trial of it on this CPU ended with '{found}'; take --mixed"):
        bf16.refuse_without_bf16()


def test_it_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bf16, "TRIAL", "pass")
    bf16.refuse_without_bf16.cache_clear()
    bf16.refuse_without_bf16()
    monkeypatch.setattr(bf16, "TRIAL", "raise SystemExit(3)")
    bf16.refuse_without_bf16()
    bf16.refuse_without_bf16.cache_clear()


def test_the_trial_is_a_training_step(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    seen: list[float] = []
    backward = torch.Tensor.backward

    def watched(loss: Any) -> None:
        seen.append(loss.item())
        backward(loss)

    monkeypatch.setattr(torch.Tensor, "backward", watched)
    # In float32: this CPU may be one of those that die.
    exec(bf16.TRIAL.replace("torch.bfloat16", "torch.bfloat16, enabled=False"), {})
    assert len(seen) == 1 and seen[0] > 0
