"""Where scores and pictures are written to."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

import datasets

from synth_builder.errors import ScoringError
from synth_builder.verbs.score import score
from tests.releases.card.test_card import release_of
from tests.scoring.tiny_encoder import save_tiny_encoder
from tests.verbs.toy_release import write_release


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def test_where_scores_can_not_be_written_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = write_release(tmp_path / "toy-release")

    def trained(*_: object, **__: object) -> None:
        raise AssertionError("something was trained")

    monkeypatch.setattr("synth_builder.scoring.score.score_variants", trained)
    with pytest.raises(ScoringError, match=r"that is a folder\. Name a file in it\."):
        score(release, classifier="tfidf", out=tmp_path)
    with pytest.raises(ScoringError, match=r"Scores can't be written to '/proc/x/y\.json': No such file"):
        score(release, classifier="tfidf", out="/proc/x/y.json")
    (release / "scores").write_text("somebody's notes", encoding="utf-8")
    with pytest.raises(ScoringError, match=r"few_shot\.json': Not a directory\. Name another file"):
        score(release, classifier="tfidf")


def test_pictures_of_the_rows_are_drawn_beside_those_of_the_scores(one_column: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    tiny = str(save_tiny_encoder(tmp_path / "tiny-encoder"))
    ours = release_of(one_column, tmp_path)
    score(ours.path, ["few_shot"], classifier=tiny, method="probe", seeds=1, regimes=["synthetic"])
    kinds = {name.rsplit("-", 2)[1] for name in ours.pictures("few_shot")}
    assert kinds == {"confusion", "labels", "map"}
    assert ours.pictures("zero_shot") == []  # it was not scored
    told = ours.read_provenance("few_shot")
    assert told is not None
    assert set(told["pictures"]["kinds"]) == {"labels", "map"}
    assert "pictures/few_shot-map-light.png" in ours.card.read_text(encoding="utf-8")
