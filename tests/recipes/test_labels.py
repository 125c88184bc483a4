import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.recipes.labels import read_label
from synth_builder.recipes.task import Task


def task(*labels: str, **aliases: tuple[str, ...]) -> Task:
    return Task(description="d", columns={"text": "t"}, labels=dict.fromkeys(labels, "it is so"), aliases=aliases)


@pytest.mark.parametrize("written", ["not_entailment", "Not entailment.", " **not-entailment** ", '"NOT ENTAILMENT"'])
def test_case_and_marks_do_not_matter(written: str) -> None:
    assert read_label(written, task("entailment", "not_entailment")) == "not_entailment"


@pytest.mark.parametrize(
    "written", ["", "  ", "...", "posit", "positive or negative", "very positive", "neutral", "1"]
)
def test_a_label_is_never_guessed(written: str) -> None:
    assert read_label(written, task("negative", "positive")) is None


def test_an_alias_is_read() -> None:
    both = task("negative", "positive", negative=("bad", "not good"), positive=("good",))
    assert read_label("Good!", both) == "positive"
    assert read_label("bad", both) == "negative"
    assert read_label("mixed", both) is None


@pytest.mark.parametrize("words", [("mixed",), ("Mixed ",), ("Negative",)])
def test_a_word_that_would_mean_two_labels_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"is an alias of 'positive' and stands for 'negative' already"):
        task("negative", "positive", negative=("bad", "mixed"), positive=words)


@pytest.mark.parametrize("written", ["-1", "1", "0"])
def test_the_sign_of_a_number_is_a_part_of_it(written: str) -> None:
    assert read_label(written, task("-1", "0", "1")) == written
    assert read_label(f"**{written}**.", task("-1", "0", "1")) == written


def test_one_is_not_read_as_minus_one() -> None:
    assert read_label("1", task("-1", "0")) is None


@pytest.mark.parametrize("written", ["C", "C++", "C#"])
def test_labels_that_differ_in_marks_are_read_exactly(written: str) -> None:
    assert read_label(f" {written} ", task("C", "C++", "C#")) == written


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=4, unique=True))
def test_any_answer_is_one_of_the_labels_or_none(written: str, labels: list[str]) -> None:
    known = task(*labels)
    assert read_label(written, known) in (*labels, None)
    for label in labels:
        assert label != label.strip() or read_label(label, known) == label
