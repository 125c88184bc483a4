"""What the losses with checkers leave behind and refuse."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

import datasets
import pyarrow.parquet

from synth_builder.errors import ScoringError
from synth_builder.verbs.score import NO_WEIGHTS, score
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.verbs.toy_release import write_csv, write_release, write_rows


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    import torch

    torch.set_num_threads(1)
    return str(save_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder")))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    return write_release(tmp_path / "toy-release")


@pytest.fixture
def plain_dataset(tmp_path: Path) -> Path:
    """A folder with a parquet file and nothing of ours in it."""
    write_rows(tmp_path / "anybodys" / "train.parquet", toy_rows(16, "row"))
    write_csv(tmp_path / "test.csv", toy_rows(8, start=300), "text")
    return tmp_path / "anybodys"


def test_a_weighted_loss_leaves_what_its_checkers_found_about_each_row(release: Path, tiny: str) -> None:
    found = score(release, ["few_shot"], regimes=["synthetic"], classifier=tiny, seeds=1, loss="imp", checker_rows=10)
    assert found["few_shot"].loss == "imp"
    rows = pyarrow.parquet.read_table(release / "scores" / "few_shot.rows.parquet").to_pydict()
    assert rows["id"] == list(toy_rows(16, "few_shot").ids)
    for quality, diversity, weight in zip(rows["quality"], rows["diversity"], rows["weight"], strict=True):
        assert 0 < quality <= 1 and 0 < diversity <= 1 and weight == pytest.approx(quality / diversity, rel=1e-5)
    with pytest.raises(ScoringError, match="0 rows for the quality checker are asked for; expected at least 1"):
        score(release, loss="imp", checker_rows=0)
    score(release, ["few_shot"], regimes=["synthetic"], classifier="tfidf", seeds=1)
    assert not (release / "scores" / "few_shot.rows.parquet").exists()  # no part of this score


def test_the_weights_of_anybodys_rows_stand_beside_the_file_of_the_scores(
    plain_dataset: Path, tiny: str, tmp_path: Path
) -> None:
    write_csv(tmp_path / "real.csv", toy_rows(12, start=200), "text")
    told: list[str] = []
    asked: dict[str, Any] = {"test": str(tmp_path / "test.csv"), "real": str(tmp_path / "real.csv")}
    asked |= {"regimes": ["synthetic"], "classifier": tiny, "seeds": 1, "loss": "dimp", "on_note": told.append}
    score(plain_dataset, **asked, out=tmp_path / "o" / "x.json")
    place = tmp_path / "o" / "x.rows.parquet"
    assert told == [f"What the checkers found about each row was written to {place}."]
    rows = pyarrow.parquet.read_table(place).to_pydict()
    assert list(rows) == ["id", "quality", "diversity", "weight"]
    assert rows["id"] == list(toy_rows(16, "row").ids) and all(0 < quality <= 1 for quality in rows["quality"])
    assert (rows["diversity"], rows["weight"]) == ([None] * 16, [None] * 16)
    told.clear()
    score(plain_dataset, **asked)
    assert told[0].endswith("to keep them. It keeps the weights of the rows, too, in a file beside it.")


def test_where_the_regime_that_weights_are_kept_of_is_left_out_it_is_told(release: Path, tiny: str) -> None:
    told: list[str] = []
    asked: dict[str, Any] = {"classifier": tiny, "seeds": 1, "loss": "dimp", "checker_rows": 10}
    score(release, ["few_shot"], regimes=["synthetic"], **asked)
    weights = release / "scores" / "few_shot.rows.parquet"
    assert weights.exists()
    score(release, ["few_shot"], regimes=["augmented"], real_rows=[10], **asked, on_note=told.append)
    assert [note for note in told if "weights" in note] == [NO_WEIGHTS]
    assert not weights.exists()  # they were those of the earlier score


def test_more_checker_rows_than_there_are_are_refused_when_asked_for(release: Path, tiny: str) -> None:
    asked: dict[str, Any] = {"regimes": ["synthetic"], "classifier": tiny, "seeds": 1, "loss": "dimp"}
    with pytest.raises(ScoringError, match=r"^21 real rows are asked for .* checker on and 'real/train.csv' has 20 "):
        score(release, ["few_shot"], **asked, checker_rows=21)
    for checker_rows in (20, None):
        found = score(release, ["few_shot"], **asked, checker_rows=checker_rows)["few_shot"]
        assert any("a checker that was trained on 20 real rows" in note for note in found.notes)
