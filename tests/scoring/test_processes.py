import json
import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.encoder_files import load_encoder  # noqa: E402
from synth_builder.scoring.processes import RANKS, first_process, open_accelerator, told_by_the_first  # noqa: E402
from synth_builder.scoring.results.scores import Scores  # noqa: E402
from tests.scoring import trained_together  # noqa: E402
from tests.verbs.toy_release import write_release  # noqa: E402


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*RANKS, *RANKS.values(), "MASTER_PORT", "ACCELERATE_USE_CPU", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("rank", RANKS)
def test_the_launcher_says_which_process_is_the_first(monkeypatch: pytest.MonkeyPatch, rank: str) -> None:
    assert first_process()
    monkeypatch.setenv(RANKS[rank], "2")
    monkeypatch.setenv(rank, "0")
    assert first_process()
    monkeypatch.setenv(rank, "1")
    assert not first_process()


def test_a_number_without_others_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_RANK", "1")
    assert first_process()


def test_two_processes_train_as_one_does_and_one_of_them_writes(tmp_path: Path, encoder_directory: Path) -> None:
    # torch.distributed.run is what torchrun and `accelerate launch` start processes with.
    release = write_release(tmp_path / "toy-release")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *("-m", trained_together.__name__, str(encoder_directory), str(release), str(tmp_path)),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    alone, rows_alone = trained_together.trained(load_encoder(str(encoder_directory)))
    (first, rows_of_first, *said), (second, rows_of_second, *heard) = (
        torch.load(tmp_path / process / "trained.pt") for process in ("0", "1")
    )
    assert said == heard == ["0"]
    assert told_by_the_first("alone") == "alone"
    assert alone.shape == first.shape == (23, 2)
    assert (alone - first).abs().max() < 1e-4
    assert torch.equal(first, second)
    assert rows_of_first + rows_of_second == rows_alone
    assert 0.4 < rows_of_first / rows_alone < 0.6
    assert done.stdout.count("trained on") == 1  # the head of the table
    (scores,) = json.loads((tmp_path / "0" / "scores.json").read_text(encoding="utf-8")).values()
    assert Scores.model_validate(scores).machine.processes == 2
    assert [file.name for file in (tmp_path / "1").iterdir()] == ["trained.pt"]


def test_what_accelerate_can_not_do_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: object) -> None:
        raise ValueError("bf16 mixed precision requires a supported device.")

    monkeypatch.setattr("accelerate.Accelerator", refuse)
    with pytest.raises(ScoringError, match="set up as the launch asks for: bf16 mixed precision requires a supported"):
        open_accelerator()


def test_fp16_on_a_cpu_is_refused_since_accelerate_would_leave_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = SimpleNamespace(mixed_precision="fp16", device=torch.device("cpu"))
    monkeypatch.setattr("accelerate.Accelerator", lambda **options: opened)
    with pytest.raises(ScoringError, match="asks for fp16, and a CPU does not train in it"):
        open_accelerator()


def test_a_precision_that_there_is_not_is_refused_before_accelerate_takes_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "nonsense")
    with pytest.raises(
        ScoringError, match="ACCELERATE_MIXED_PRECISION is 'nonsense'; expected one of no, fp16, bf16, fp8"
    ):
        open_accelerator()


@pytest.mark.parametrize(("device", "tried"), [("cpu", [True]), ("cuda", [])])
def test_bf16_is_tried_on_a_cpu_before_anything_is_trained_in_it(
    monkeypatch: pytest.MonkeyPatch, device: str, tried: list[bool]
) -> None:
    opened = SimpleNamespace(mixed_precision="bf16", device=torch.device(device))
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "BF16")  # which Accelerate takes for bf16
    monkeypatch.setattr("accelerate.Accelerator", lambda **options: opened)
    trials: list[bool] = []
    monkeypatch.setattr("synth_builder.scoring.processes.refuse_without_bf16", lambda: trials.append(True))
    open_accelerator()
    assert trials == tried


def test_the_launch_does_not_divide_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    assert open_accelerator().gradient_accumulation_steps == 1


def test_a_launch_that_started_one_process_of_several_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        open_accelerator()
        assert caplog.messages == []
        # What `accelerate launch --cpu --num_processes 2` sets.
        monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
        monkeypatch.setenv("MASTER_PORT", "29500")
        open_accelerator()
    assert len(caplog.messages) == 1 and "torchrun --nproc-per-node N" in caplog.messages[0]
