import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import datasets

from synth_builder.errors import LeakedTestRowsError, ScoringError
from synth_builder.scoring.results.finished_runs import default_folder
from synth_builder.scoring.results.old_runs import MARK
from synth_builder.verbs.score import score
from synth_builder.verbs.score_rows import score_rows
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.servers.hub import HubServer
from tests.verbs.same_rows import as_dataset, as_dictionaries, measured
from tests.verbs.toy_release import write_release, write_rows

SYNTHETIC, TRAIN, TEST = toy_rows(16, "few_shot"), toy_rows(20, start=200), toy_rows(8, start=300)


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return write_release(tmp_path / "toy-release")


@pytest.mark.parametrize("give", [as_dataset, as_dictionaries])
def test_rows_at_hand_get_the_scores_of_the_release_that_holds_them(release: Path, give: Any) -> None:
    expected = score(release, ["few_shot"], classifier="tfidf", seeds=2, real_rows=[4, 10])["few_shot"]
    found = score_rows(give(SYNTHETIC), give(TEST), give(TRAIN), classifier="tfidf", seeds=2, real_rows=[4, 10])
    assert measured(found) == measured(expected)
    assert [result.title for result in found.results][-1] == "real 10 + synthetic"
    assert (found.dataset, found.variant, found.test.reference) == ("synthetic", "default", "real_test")


@pytest.mark.parametrize("method", ["fine_tuning", "probe"])
def test_an_encoder_gives_the_same_scores_as_well(release: Path, tmp_path: Path, method: Any) -> None:
    for package in ("torch", "accelerate", "transformers"):
        pytest.importorskip(package)
    tiny = str(save_tiny_encoder(tmp_path / "tiny-encoder"))
    settings: dict[str, Any] = {"classifier": tiny, "seeds": 1, "method": method, "cache": tmp_path / "embeddings"}
    expected = score(release, ["few_shot"], **settings)["few_shot"]
    found = score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), as_dataset(TRAIN), **settings)
    assert measured(found) == measured(expected)


def test_rows_on_the_hub_are_told_by_their_names(hub: HubServer, tmp_path: Path) -> None:
    for split, rows in (("train", SYNTHETIC), ("validation", TEST)):
        write_rows(tmp_path / f"{split}.parquet", rows)
    hub.add("ada/films", {"data/train.parquet": (tmp_path / "train.parquet").read_bytes()})
    hub.add("bob/films", {"data/validation.parquet": (tmp_path / "validation.parquet").read_bytes()})
    found = score_rows("ada/films", "bob/films:validation", classifier="tfidf", seeds=1)
    assert measured(found) == measured(
        score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), classifier="tfidf", seeds=1)
    )
    assert (found.dataset, found.variant) == ("ada/films", "default")
    assert (found.synthetic.reference, found.test.reference) == ("ada/films:default", "bob/films:validation")
    assert found.notes[0].endswith("were left out; give rows with real_train.")


def test_labels_of_three_forms_are_the_same_labels() -> None:
    expected = score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), classifier="tfidf", seeds=1)
    numbered = [{"sentence": text, "gold": label} for (text,), label in zip(TEST.texts, TEST.labels, strict=True)]
    found = score_rows(
        as_dataset(SYNTHETIC),
        numbered,
        real_text_columns="sentence",
        real_label_column="gold",
        classifier="tfidf",
        seeds=1,
    )
    assert measured(found) == measured(expected)


def test_what_can_not_be_scored_is_refused() -> None:
    with pytest.raises(LeakedTestRowsError, match="2 of the 16 rows of the variant 'default' stand in the test rows"):
        score_rows(as_dataset(toy_rows(14) + toy_rows(2, start=300)), as_dataset(TEST), classifier="tfidf")
    with pytest.raises(ScoringError, match=r"regimes real need real training rows, .* give them with real_train"):
        score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), regimes=["real"], classifier="tfidf")
    with pytest.raises(ScoringError, match="0 seeds are asked for"):
        score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), seeds=0)
    with pytest.raises(ScoringError, match="loss 'imp' goes with fine-tuning only"):
        score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), classifier="tfidf", loss="imp")
    with pytest.raises(
        ScoringError, match=r"real_test has the label 'neutral', and the synthetic rows have 'negative'"
    ):
        score_rows(as_dataset(SYNTHETIC), [{"text": "so so", "label": "neutral"}], classifier="tfidf")


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("seeds", "3", "seeds is '3'; expected a whole number"),
        ("seeds", True, "seeds is True; expected a whole number"),
        ("real_rows", [2.5], "A part of real_rows is 2.5; expected a whole number"),
        ("real_rows", "5,10", "real_rows is '5,10'; expected a whole number or a list of them"),
        ("synthetic_rows", 2.5, "synthetic_rows is 2.5; expected"),
        ("checker_rows", "7", "checker_rows is '7'; expected a whole number"),
        ("text_columns", 7, "text_columns is 7; expected a text or a list of texts"),
        ("real_text_columns", [7], "A part of real_text_columns is 7; expected a text"),
        ("label_column", None, "label_column is None; expected a text"),
        ("classifier", None, "classifier is None; expected 'minilm', 'tfidf', a Hub id or a directory, as a text"),
        ("classifier", 3, "classifier is 3; expected 'minilm'"),
        ("loss", ["imp"], r"loss is \['imp'\]; expected a text"),
        ("method", 3, "method is 3; expected a text"),
        ("hyperparameters", [1], r"hyperparameters is \[1\]; expected a dictionary"),
        ("regimes", 5, "regimes is 5; expected a text or a list of texts"),
        ("regimes", [5], "A part of regimes is 5; expected a text"),
        ("regimes", "synthetics", r"Unknown regime 'synthetics'\. Did you mean 'synthetic'"),
        ("cache", 3, "cache is 3; expected a folder"),
    ],
)
def test_values_of_another_kind_are_refused_in_a_sentence(argument: str, value: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=f"^{message}"):
        score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), **{"classifier": "tfidf", argument: value})


def test_one_size_and_one_regime_are_as_good_as_lists_of_one() -> None:
    rows = as_dataset(SYNTHETIC), as_dataset(TEST), as_dataset(TRAIN)
    found = score_rows(*rows, classifier="tfidf", seeds=1, regimes="augmented", real_rows=5, synthetic_rows=4)
    assert [result.title for result in found.results] == ["real 5 + synthetic 4", "real 5 + synthetic"]


def test_old_trainings_are_removed_from_the_default_folder_alone(release: Path, tmp_path: Path) -> None:
    def old_training(runs: Path) -> Path:
        path = runs / "ab" / f"{'ab' * 32}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
        os.utime(path, (0, 0))
        (runs / MARK).unlink(missing_ok=True)
        return path

    default, named = old_training(default_folder()), old_training(tmp_path / "named" / "runs")
    settings: dict[str, Any] = {"classifier": "tfidf", "seeds": 1, "real_rows": [4]}
    score(release, ["few_shot"], **settings, cache=tmp_path / "named")
    score(release, ["few_shot"], **settings, fresh=True)
    assert default.exists() and named.exists()
    score(release, ["few_shot"], **settings)
    assert not default.exists() and named.exists()
    default = old_training(default_folder())
    score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), as_dataset(TRAIN), **settings, cache=tmp_path / "named")
    assert default.exists()
    score_rows(as_dataset(SYNTHETIC), as_dataset(TEST), as_dataset(TRAIN), **settings)
    assert not default.exists() and named.exists()
