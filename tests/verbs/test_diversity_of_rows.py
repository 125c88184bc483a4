from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import ScoringError
from synth_builder.verbs.diversity import diversity
from synth_builder.verbs.diversity_of_rows import diversity_of_rows
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.verbs.same_rows import as_dataset, as_dictionaries, measured
from tests.verbs.toy_release import write_release

SYNTHETIC, REAL = toy_rows(16, "few_shot"), toy_rows(20, start=200)


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return write_release(tmp_path / "toy-release")


def test_rows_at_hand_get_the_measures_of_the_release_that_holds_them(release: Path) -> None:
    expected = diversity(release, ["few_shot"], encoder=None, rows=10, seed=3)["few_shot"]
    found = diversity_of_rows(as_dictionaries(SYNTHETIC), as_dataset(REAL), encoder=None, rows=10, seed=3)
    assert measured(found) == measured(expected)
    assert found.likeness is not None and found.sampling.rows == 10
    assert (found.dataset, found.real and found.real.reference) == ("synthetic", "real")


def test_an_encoder_gives_the_same_measures_of_embeddings(release: Path, tmp_path: Path) -> None:
    tiny = str(save_tiny_encoder(tmp_path / "tiny-encoder"))
    expected = diversity(release, ["few_shot"], encoder=tiny)["few_shot"]
    found = diversity_of_rows(as_dataset(SYNTHETIC), as_dataset(REAL), encoder=tiny)
    assert measured(found) == measured(expected)
    assert found.variety.vendi_score is not None


def test_without_real_rows_there_is_no_likeness() -> None:
    found = diversity_of_rows(as_dataset(SYNTHETIC), encoder=None)
    assert found.likeness is None and found.variety.mean_words == 4


def test_what_can_not_be_measured_is_refused() -> None:
    with pytest.raises(ScoringError, match="0 rows are asked for"):
        diversity_of_rows(as_dataset(SYNTHETIC), rows=0)
    with pytest.raises(ScoringError, match=r"^real has no rows"):
        diversity_of_rows(as_dataset(SYNTHETIC), [], encoder=None)
    wrong: list[tuple[str, Any]] = [
        ("rows", "5"),
        ("self_bleu_rows", 2.5),
        ("seed", "0"),
        ("text_columns", 7),
        ("encoder", 3),
    ]
    for argument, value in wrong:
        with pytest.raises(ScoringError, match=f"^{argument} is {value!r}; expected "):
            settings: dict[str, Any] = {"encoder": None, argument: value}
            diversity_of_rows(as_dataset(SYNTHETIC), **settings)


def test_rows_of_one_label_are_measured() -> None:
    rows = [{"text": "a fine film", "label": "praise"}, {"text": "a good film", "label": "praise"}]
    found = diversity_of_rows(rows, rows[:1], encoder=None)
    assert found.variety.mean_words == 3
    assert found.likeness is not None and found.likeness.copy_rate == 1 / 2
    assert not any("label" in note for note in found.notes)


def test_rows_without_labels_are_measured_and_it_is_told() -> None:
    texts = [{"text": "a fine film"}, {"text": "a good film"}]
    found = diversity_of_rows(texts, [{"text": "a fine film", "label": "praise"}], encoder=None)
    assert found.likeness is not None and found.likeness.copy_rate == 1 / 2
    assert found.notes[0] == "The rows have no column of labels, so the draw is not stratified by label."
    pairs = [{"premise": "it rains", "claim": "it is wet"}]
    assert diversity_of_rows(pairs, text_columns=["premise", "claim"], encoder=None).variety.mean_words == 5


def test_what_may_be_labels_under_another_name_is_not_taken_for_texts() -> None:
    rows = [{"text": "a fine film", "mood": "praise"}, {"text": "a poor film", "mood": "blame"}]
    with pytest.raises(ScoringError, match=r"^synthetic has no column 'label'; it has: text, mood\. Name its columns"):
        diversity_of_rows(rows, encoder=None)
    with pytest.raises(ScoringError, match=r"^synthetic has no column 'moods'"):
        diversity_of_rows(rows, label_column="moods", text_columns="text", encoder=None)
    assert diversity_of_rows(rows, text_columns="text", encoder=None).variety.mean_words == 3
