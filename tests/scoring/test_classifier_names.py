from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.classifier_names import refuse_mistyped
from synth_builder.scoring.score_settings import ScoreSettings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tfid", "Did you mean 'tfidf'?"),
        ("TFIDF", "Did you mean 'tfidf'?"),
        ("tf-idf", "Did you mean 'tfidf'?"),
        ("minlm", "Did you mean 'minilm'?"),
        ("MiniLM", "Did you mean 'minilm'?"),
        ("probe", "It is a method; give it as the method, and an encoder as the classifier."),
    ],
)
def test_a_mistyped_word_is_told_before_anybody_is_asked(name: str, meant: str) -> None:
    with pytest.raises(ScoringError) as refused:
        refuse_mistyped(name, "classifier")
    assert str(refused.value) == (
        f"Unknown classifier {name!r}. {meant} Expected 'minilm', 'tfidf', a directory with an encoder, or "
        "'owner/name' of one on the Hub."
    )


def test_names_of_models_and_directories_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = ["bert-base-uncased", "roberta-base", "distilbert-base-uncased", "albert-base-v2", "gpt2", "t5-small"]
    for name in ("minilm", "tfidf", "ada/tfid", "./tfid", "setfit/tfidf", *hub):
        refuse_mistyped(name, "classifier")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tfid").mkdir()
    refuse_mistyped("tfid", "classifier")


def test_tfidf_is_no_encoder() -> None:
    with pytest.raises(ScoringError, match=r"^Unknown encoder 'tfidf'\. Expected 'minilm', a directory"):
        refuse_mistyped("tfidf", "encoder")
    with pytest.raises(ScoringError, match=r"^Unknown encoder 'minlm'\. Did you mean 'minilm'\? Expected 'minilm', a"):
        refuse_mistyped("minlm", "encoder")


def test_whoever_takes_a_classifier_refuses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from synth_builder.scoring.encoder_files import load_encoder
    from synth_builder.scoring.methods.row_classifier import open_row_classifier

    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("the Hub is asked")

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", asked)
    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", asked)
    with pytest.raises(ScoringError, match=r"^Unknown classifier 'tfid'\. Did you mean 'tfidf'"):
        ScoreSettings(classifier="tfid")
    with pytest.raises(ScoringError, match=r"^Unknown classifier 'tfid'\. Did you mean 'tfidf'"):
        open_row_classifier("tfid")
    with pytest.raises(ScoringError, match=r"^Unknown encoder 'minlm'\. Did you mean 'minilm'"):
        load_encoder("minlm")
