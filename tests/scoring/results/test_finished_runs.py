from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("statsmodels")

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.methods.tfidf import Tfidf
from synth_builder.scoring.results.finished_runs import FinishedRuns
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.score import score_variants
from synth_builder.scoring.trainer import Trial
from tests.scoring.tiny_encoder import toy_rows

SYNTHETIC = toy_rows(24, prefix="few_shot")


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return Comparison(
        label_names=["negative", "positive"],
        test=toy_rows(12, prefix="test", start=300),
        test_reference="test.csv",
        real=toy_rows(40, prefix="train", start=200),
        real_reference="train.csv",
        regimes=("synthetic", "real", "augmented"),
        real_rows=(10,),
        seeds=2,
        method="tfidf",
        runs=tmp_path / "runs",
    )


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Regime, int, int]]:
    """Regime, rows and seed of each training that is really done."""
    done = []
    trial = Tfidf.trial

    def counted(self: Tfidf, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        done.append((regime, len(rows), seed))
        return trial(self, regime, rows, seed, on_step)

    monkeypatch.setattr(Tfidf, "trial", counted)
    return done


def scored(comparison: Comparison, rows: TextRows = SYNTHETIC) -> Scores:
    (scores,) = score_variants({"few_shot": rows}, comparison, "toy")
    return scores


def test_what_is_done_is_not_done_again(comparison: Comparison, trained: list[tuple[Regime, int, int]]) -> None:
    first = scored(comparison)
    assert len(trained) == 6
    again = scored(comparison)
    assert len(trained) == 6
    assert again.results == first.results


def test_an_interrupted_scoring_goes_on_where_it_stopped(
    comparison: Comparison, trained: list[tuple[Regime, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Tfidf.trial

    def killed(self: Tfidf, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        if (regime, seed) == ("real", 1):
            raise KeyboardInterrupt
        return trial(self, regime, rows, seed, on_step)

    with monkeypatch.context() as patch:
        patch.setattr(Tfidf, "trial", killed)
        with pytest.raises(KeyboardInterrupt):
            scored(comparison)
    assert trained == [("synthetic", 24, 0), ("synthetic", 24, 1), ("real", 10, 0)]
    del trained[:]
    scored(comparison)
    assert trained == [("real", 10, 1), ("augmented", 34, 0), ("augmented", 34, 1)]


def test_more_sizes_train_only_what_is_new(comparison: Comparison, trained: list[tuple[Regime, int, int]]) -> None:
    scored(comparison)
    del trained[:]
    found = scored(replace(comparison, real_rows=(10, 20), synthetic_rows=(8,), seeds=1))
    assert sorted(trained) == [
        ("augmented", 18, 0),
        ("augmented", 28, 0),
        ("augmented", 44, 0),
        ("real", 20, 0),
        ("synthetic", 8, 0),
    ]
    assert found.result("synthetic", None, 8).train_label_counts == {"negative": 4, "positive": 4}


def test_what_the_free_memory_had_a_say_in_is_not_kept(
    comparison: Comparison, trained: list[tuple[Regime, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Tfidf.trial
    monkeypatch.setattr(Tfidf, "trial", lambda *arguments: replace(trial(*arguments), repeatable=False))
    scored(comparison)
    scored(comparison)
    assert len(trained) == 12


@pytest.mark.parametrize("changed", ["rows", "test", "labels"])
def test_what_the_result_depends_on_is_trained_anew(
    comparison: Comparison, trained: list[tuple[Regime, int, int]], changed: str
) -> None:
    comparison = replace(comparison, regimes=("synthetic",), seeds=1)
    scored(comparison)
    rows = SYNTHETIC
    if changed == "rows":
        rows = toy_rows(24, prefix="few_shot", start=1)
    elif changed == "test":
        comparison = replace(comparison, test=toy_rows(10, prefix="test", start=300))
    else:
        comparison = replace(comparison, label_names=["bad", "good"])
    scored(comparison, rows)
    assert len(trained) == 2


def test_without_a_folder_nothing_is_kept(
    comparison: Comparison, trained: list[tuple[Regime, int, int]], tmp_path: Path
) -> None:
    comparison = replace(comparison, runs=None)
    scored(comparison)
    scored(comparison)
    assert len(trained) == 12
    assert not (tmp_path / "runs").exists()


def test_a_broken_file_is_told_and_trained_anew(
    comparison: Comparison, trained: list[tuple[Regime, int, int]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = scored(comparison)
    broken = sorted((tmp_path / "runs").rglob("*.json"))[0]
    broken.write_text("{", encoding="utf-8")
    assert scored(comparison).results[0].accuracy == first.results[0].accuracy
    assert len(trained) == 7
    assert f"{str(broken)!r} can't be read" in caplog.text


def test_a_folder_that_cannot_be_written_is_told_and_costs_nothing_else(
    comparison: Comparison, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "runs").write_text("a file is in the way", encoding="utf-8")
    assert len(scored(comparison).results) == 3
    assert "The training can't be kept in" in caplog.text


def test_a_file_with_another_key_is_not_taken(comparison: Comparison, tmp_path: Path) -> None:
    scored(comparison)
    other = FinishedRuns(tmp_path / "runs", {"method": "probe"})
    under_its_name = other._path({"method": "probe", "seed": 0})
    under_its_name.parent.mkdir(exist_ok=True)
    under_its_name.write_bytes(next((tmp_path / "runs").rglob("*.json")).read_bytes())
    assert other.get({"seed": 0}) is None
