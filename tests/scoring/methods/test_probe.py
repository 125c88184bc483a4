from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

import numpy as np  # noqa: E402

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.methods.embedding_cache import EmbeddingCache  # noqa: E402
from synth_builder.scoring.methods.probe import Embedder, Probe  # noqa: E402
from synth_builder.scoring.rows.text_rows import TextRows  # noqa: E402
from synth_builder.scoring.score import score_variants  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture
def comparison(encoder: Encoder, tmp_path: Path) -> Comparison:
    return Comparison(
        label_names=["negative", "positive"],
        test=toy_rows(12, prefix="test", start=300),
        test_reference="test.csv",
        encoder=encoder,
        real=toy_rows(40, prefix="train", start=200),
        real_reference="train.csv",
        regimes=("synthetic", "real", "augmented"),
        real_rows=(10,),
        seeds=2,
        method="probe",
        cache=tmp_path / "embeddings",
    )


def embedder(encoder: Encoder, folder: Path, max_length: int = 16) -> Embedder:
    return Embedder(encoder, max_length, EmbeddingCache(folder, encoder.revision, 32), CPU)


def test_a_vector_is_the_mean_over_the_tokens_whatever_the_padding(encoder: Encoder, tmp_path: Path) -> None:
    texts = ["the film was very very good", "bad", "so the day was late and bad"]
    rows = TextRows(tuple((text,) for text in texts), (1, 0, 0), ("a", "b", "c"))
    found = embedder(encoder, tmp_path).embed(rows)
    for text, vector in zip(texts, found, strict=True):
        with torch.no_grad():
            alone = encoder.model(**encoder.tokenizer(text, return_tensors="pt")).last_hidden_state
        assert vector == pytest.approx(alone[0].mean(dim=0).numpy(), abs=1e-6)


def test_a_row_goes_through_the_encoder_once(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    original = Embedder._computed

    def counted(self: Embedder, examples: list[object], on_rows: object = None) -> "np.ndarray":
        computed.append(len(examples))
        return original(self, examples)  # type: ignore[arg-type]

    monkeypatch.setattr(Embedder, "_computed", counted)
    rows = toy_rows(20)
    one = embedder(encoder, tmp_path)
    first = one.embed(rows + rows.take([3, 4]))
    again = one.embed(rows)
    from_disk = embedder(encoder, tmp_path).embed(rows)
    embedder(encoder, tmp_path).embed(toy_rows(21))
    assert computed == [20, 1]
    assert np.array_equal(first[:20], again) and np.array_equal(again, from_disk)
    assert np.array_equal(first[20:], again[3:5])


def test_another_length_or_encoder_finds_no_wrong_vector(encoder: Encoder, tmp_path: Path) -> None:
    rows = TextRows((("the film was very good",),), (1,), ("a",))
    whole = embedder(encoder, tmp_path).embed(rows)
    assert not np.allclose(whole, embedder(encoder, tmp_path, max_length=4).embed(rows))
    other = replace(encoder, revision="sha256:other")
    assert len(EmbeddingCache(tmp_path, encoder.revision, 32)) == 2
    assert len(EmbeddingCache(tmp_path, other.revision, 32)) == 0


def test_every_regime_is_scored_and_the_encoder_stays_as_it_was(comparison: Comparison) -> None:
    before = {name: weight.clone() for name, weight in comparison.pretrained.model.named_parameters()}
    (scores,) = score_variants({"few_shot": toy_rows(24)}, comparison, "toy")
    assert [result.title for result in scores.results] == ["synthetic", "real 10", "real 10 + synthetic"]
    assert scores.result("augmented", 10).accuracy.mean > 0.9
    assert scores.method == "probe"
    assert scores.trained == f"logistic regression on embeddings of {scores.classifier.name}"
    assert scores.hyperparameters.model_dump() == {"inverse_penalty": 0.01, "max_iterations": 1000, "max_length": 256}
    after = dict(comparison.pretrained.model.named_parameters())
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())


def test_the_same_call_gives_the_same_probabilities_with_a_new_and_a_used_cache(comparison: Comparison) -> None:
    first, second = (Probe(comparison).trial("real", toy_rows(24), 0, lambda: None).probabilities for _ in range(2))
    assert np.array_equal(first, second)


def test_a_label_without_training_rows_is_no_crash(comparison: Comparison) -> None:
    rows = toy_rows(24).take(range(0, 24, 2))
    assert Probe(comparison).trial("real", rows, 0, lambda: None).probabilities.tolist() == [[1.0, 0.0]] * 12


@pytest.mark.parametrize("loss", ["focal", "imp", "dimp"])
def test_other_losses_go_with_fine_tuning_only(comparison: Comparison, loss: str) -> None:
    with pytest.raises(
        ScoringError, match=f"^The loss '{loss}' goes with fine-tuning only, and the method is 'probe'"
    ):
        replace(comparison, loss=loss)  # type: ignore[arg-type]


def test_without_an_encoder_there_is_nothing_to_probe(comparison: Comparison) -> None:
    with pytest.raises(ScoringError, match="The method 'probe' needs an encoder, and there is none"):
        Probe(replace(comparison, encoder=None))
