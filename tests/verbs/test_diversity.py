import argparse
import json
from pathlib import Path

import datasets
import pytest

import synth_builder
from synth_builder.cli import diversity as command
from synth_builder.errors import ScoringError, UnknownNameError
from synth_builder.scoring.diversity.results import Diversity
from synth_builder.verbs.diversity import diversity
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.verbs.toy_release import write_csv, write_release, write_rows


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return write_release(tmp_path / "toy-release")


def test_every_variant_is_measured_and_written_into_the_release(release: Path) -> None:
    found = diversity(release, encoder=None)
    assert list(found) == ["few_shot", "zero_shot"]
    for variant, measured in found.items():
        assert Diversity.read(release / "diversity" / f"{variant}.json") == measured
        assert measured.dataset == "toy-release"
        assert measured.real is not None and measured.real.reference == "real/train.csv"
        assert measured.real.fingerprint == toy_rows(20, start=200).fingerprint()
        assert measured.sampling.rows == 16


def test_an_encoder_gives_the_measures_of_embeddings(release: Path, tmp_path: Path) -> None:
    tiny = save_tiny_encoder(tmp_path / "tiny-encoder")
    found = diversity(release, ["zero_shot"], encoder=str(tiny))["zero_shot"]
    assert found.encoder is not None and found.encoder.name == "tiny-encoder"
    assert found.variety.vendi_score is not None and 1 <= found.variety.vendi_score <= 16
    assert found.likeness is not None and found.likeness.coverage is not None


def test_out_takes_the_measures_in_place_of_the_release(release: Path, tmp_path: Path) -> None:
    found = diversity(release, encoder=None, out=tmp_path / "all.json")
    written = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert {variant: Diversity.model_validate(one) for variant, one in written.items()} == found
    assert not (release / "diversity").exists()


def test_anybodys_dataset_is_measured_without_a_recipe(release: Path, tmp_path: Path) -> None:
    write_rows(tmp_path / "anybodys" / "train.parquet", toy_rows(16, "row"))
    found = diversity(tmp_path / "anybodys", encoder=None)["default"]
    assert found.likeness is None
    write_csv(tmp_path / "real.csv", toy_rows(4) + toy_rows(4, start=300), "text")
    beside = diversity(tmp_path / "anybodys", encoder=None, real=str(tmp_path / "real.csv"))["default"]
    assert beside.likeness is not None and beside.likeness.copy_rate == 4 / 16
    assert not (tmp_path / "anybodys" / "diversity").exists()


def test_what_can_not_be_measured_is_refused(release: Path) -> None:
    with pytest.raises(ScoringError, match="-1 rows are asked for"):
        diversity(release, rows=-1)
    with pytest.raises(UnknownNameError, match="Did you mean 'few_shot'"):
        diversity(release, ["few_shots"], encoder=None)


def test_the_command_prints_the_table(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [str(release), "--variant", "zero_shot", "--no-embeddings", "--rows", "10", "--seed", "3"]
    assert command.run(parser.parse_args([*words, "--out", str(tmp_path / "x.json")])) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("10 rows of each, beside as many of real/train.csv; Self-BLEU of 10\n")
    assert "zero_shot" in printed and "few_shot" not in printed
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["zero_shot"]["sampling"]["seed"] == 3


def test_the_verb_is_a_function_of_the_package() -> None:
    assert synth_builder.diversity is diversity


@pytest.mark.parametrize(
    ("columns", "notes"),
    [
        ({"text": ["a fine film", "a good film"], "label": ["praise", "praise"]}, []),
        (
            {"text": ["a fine film", "a good film"]},
            ["The rows have no column of labels, so the draw is not stratified by label."],
        ),
    ],
)
def test_rows_of_one_label_or_none_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, list[str]], notes: list[str]
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "films").mkdir()
    datasets.Dataset.from_dict(columns).to_parquet(tmp_path / "films" / "train.parquet")
    (tmp_path / "real.csv").write_text("text,label\na fine film,praise\n", encoding="utf-8")
    found = diversity(tmp_path / "films", real=str(tmp_path / "real.csv"), encoder=None)["default"]
    assert found.variety.mean_words == 3
    assert found.likeness is not None and found.likeness.copy_rate == 1 / 2
    assert [note for note in found.notes if "label" in note] == notes


def test_of_two_columns_of_texts_without_a_label_one_may_be_the_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "films").mkdir()
    columns = {"text": ["a fine film", "a poor film"], "mood": ["praise", "blame"]}
    datasets.Dataset.from_dict(columns).to_parquet(tmp_path / "films" / "train.parquet")
    message = r"no column 'label' and 2 text columns \(text, mood\); without labels, expected one text column\. Rename"
    with pytest.raises(ScoringError, match=message):
        diversity(tmp_path / "films", encoder=None)
