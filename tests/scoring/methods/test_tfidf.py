import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.methods.logistic_regression import fitted_probabilities
from synth_builder.scoring.methods.tfidf import Tfidf
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.score import score_variants
from tests.scoring.tiny_encoder import toy_rows

TEST = toy_rows(12, prefix="test", start=300)


def tfidf(test: TextRows = TEST, labels: int = 2) -> Tfidf:
    names = ["negative", "positive", "neutral"][:labels]
    return Tfidf(Comparison(label_names=names, test=test, test_reference="test.csv", method="tfidf"))


def rows(*texts: str, labels: tuple[int, ...]) -> TextRows:
    return TextRows(tuple((text,) for text in texts), labels, tuple(map(str, range(len(texts)))))


def test_a_word_that_tells_the_label_is_learnt() -> None:
    probabilities = tfidf().trial("synthetic", toy_rows(24), 0, lambda: None).probabilities
    assert probabilities.argmax(axis=1).tolist() == list(TEST.labels)
    assert probabilities.sum(axis=1) == pytest.approx([1.0] * 12)


def test_parts_of_words_count_too() -> None:
    training = rows("unhappily", "unhappiness", "cheerfully", "cheerfulness", labels=(0, 0, 1, 1))
    trained = tfidf(rows("unhappy", "cheerful", labels=(0, 1)))
    assert trained.trial("real", training, 0, lambda: None).probabilities.argmax(axis=1).tolist() == [0, 1]


def test_the_columns_of_a_pair_are_told_apart() -> None:
    # The same two words; only their column tells the label.
    training = TextRows((("red", "blue"), ("blue", "red")) * 3, (0, 1) * 3, tuple("abcdef"))
    trained = tfidf(TextRows((("blue", "red"), ("red", "blue")), (1, 0), ("x", "y")))
    assert trained.trial("real", training, 0, lambda: None).probabilities.argmax(axis=1).tolist() == [1, 0]


def test_a_label_without_training_rows_has_no_probability() -> None:
    probabilities = tfidf(labels=3).trial("synthetic", toy_rows(24), 0, lambda: None).probabilities
    assert probabilities.shape == (12, 3)
    assert probabilities[:, 2].tolist() == [0] * 12


def test_rows_without_a_word_or_of_one_label_get_the_shares_of_the_labels() -> None:
    empty = rows("", "", "", "", labels=(0, 0, 0, 1))
    assert tfidf().trial("real", empty, 0, lambda: None).probabilities.tolist() == [[0.75, 0.25]] * 12
    same = rows("good", "bad", labels=(1, 1))
    assert tfidf().trial("real", same, 0, lambda: None).probabilities.tolist() == [[0.0, 1.0]] * 12


def test_texts_of_bare_punctuation_are_read_by_their_characters() -> None:
    marks = rows("?!?", "...", labels=(0, 1))
    trained = tfidf(rows("?!?", "...", labels=(0, 1)))
    assert trained.trial("real", marks, 0, lambda: None).probabilities.argmax(axis=1).tolist() == [0, 1]


def test_a_heavier_penalty_brings_probabilities_nearer_to_each_other() -> None:
    np = pytest.importorskip("numpy")
    features = np.array([[-1.0], [1.0]])
    light, heavy = (fitted_probabilities(features, [0, 1], features, 2, penalty, 100)[1, 1] for penalty in (10, 0.1))
    assert 0.5 < heavy < light < 1


def test_scores_tell_what_was_trained_and_that_all_seeds_agree() -> None:
    comparison = Comparison(
        label_names=["negative", "positive"],
        test=TEST,
        test_reference="test.csv",
        real=toy_rows(40, start=200),
        real_reference="train.csv",
        regimes=("synthetic", "real"),
        real_rows=(6,),
        seeds=2,
        method="tfidf",
    )
    (scores,) = score_variants({"few_shot": toy_rows(24)}, comparison, "toy")
    assert (scores.method, scores.classifier.name, scores.loss) == ("tfidf", "tfidf", "cross_entropy")
    assert scores.trained == "logistic regression on TF-IDF of words and characters"
    assert scores.hyperparameters.model_dump()["character_ngrams"] == (3, 5)
    assert "torch" not in scores.versions and "scikit-learn" in scores.versions
    assert scores.notes == ("A logistic regression draws no random numbers: on the same rows, all seeds agree.",)
    synthetic = scores.result("synthetic")
    assert synthetic.accuracy.mean == 1 and synthetic.accuracy.std == 0
    one, two = scores.result("real", 6).runs
    assert one.train_fingerprint != two.train_fingerprint
    assert type(scores).parse(scores.to_json(), "what was written") == scores


def test_torch_is_not_imported(tmp_path: Path) -> None:
    csv = ["text,label", *(f"{text},{label}" for (text,), label in zip(TEST.texts, TEST.labels, strict=True))]
    (tmp_path / "test.csv").write_text("\n".join(csv), encoding="utf-8")
    code = f"""
import datasets
features = datasets.Features({{"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}})
rows = {{"text": {[text for (text,) in toy_rows(24).texts]!r}, "label": {list(toy_rows(24).labels)!r}}}
datasets.Dataset.from_dict(rows, features=features).to_parquet("mine/train.parquet")
from synth_builder.cli.main import main
assert main(["score", "mine", "--test", "test.csv", "--classifier", "tfidf", "--seeds", "1"]) == 0
assert not {{"torch", "transformers", "accelerate"}} & set(sys.modules)
"""
    root = str(Path(__file__).parents[3])
    (tmp_path / "mine").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "logistic regression on TF-IDF" in done.stdout
