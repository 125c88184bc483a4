import pytest

from synth_builder.errors import RecipeError
from synth_builder.filters.base import Candidate, FilterOptions
from synth_builder.filters.contamination import Contamination, ContaminationOptions
from synth_builder.filters.demonstration_copies import DemonstrationCopies, DemonstrationCopiesOptions
from synth_builder.filters.duplicates import Duplicates, DuplicatesOptions
from synth_builder.filters.label_leakage import LabelLeakage, LabelLeakageOptions
from synth_builder.filters.length import Length, LengthOptions
from synth_builder.filters.near_duplicates import NearDuplicateIndex
from synth_builder.filters.refusal import Refusal
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task


def task(*labels: str) -> Task:
    return Task(description="d", columns={"text": "t"}, labels=dict.fromkeys(labels, "it is so"))


TASK = task("negative", "positive")


def row(text: str, label: str = "positive", shown: tuple[RealRow, ...] = ()) -> Candidate:
    return Candidate({"text": text}, label, shown)


def real(text: str, number: int) -> RealRow:
    return RealRow({"text": text}, "positive", f"test:{number}")


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("too short", "too_short", "text has 2 words, at least 3 are asked"),
        ("just long enough", None, None),
        ("one two three four five", None, None),
        ("one two three four five six", "too_long", "text has 6 words, at most 5 are asked"),
    ],
)
def test_length_counts_words(text: str, reason: str | None, detail: str | None) -> None:
    found = Length(LengthOptions(min_words=3, max_words=5), TASK).check(row(text))
    assert (found and found.reason, found and found.detail) == (reason, detail)


def test_length_looks_at_each_column() -> None:
    found = Length(LengthOptions(), TASK).check(Candidate({"premise": "three words here", "hypothesis": "no"}, "x"))
    assert found is not None
    assert found.detail.startswith("hypothesis has 1 words")
    assert Length(LengthOptions(), TASK).check(row("word " * 1000)) is None


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I cannot write that.",
        "I can say little as an AI.",
        "I'm just an AI, so I have no opinion of films.",
        "I am a large language model trained by someone.",
        "I'm sorry, but I can't assist with that request.",
        "I'm sorry, but I cannot help with this.",
        "I cannot generate a negative review of this film.",
        "I can\u2019t provide an example of hateful content.",
        "I am not able to write such a message.",
        "I'm unable to create text that harms people.",
        "I won't engage in discussions of that kind.",
        "I cannot fulfill your request.",
        "This goes against my programming.",
        "That violates our content policy.",
    ],
)
def test_a_refusal_is_found(text: str) -> None:
    found = Refusal(FilterOptions(), TASK).check(row(text))
    assert found is not None
    assert found.reason == "refusal"
    assert found.detail.startswith("text says ")


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't log in.",
        "I cannot create an account.",
        "I can't generate an invoice for March.",
        "I'm unable to produce a receipt, it was never sent.",
        "I am not able to write to your support address.",
        "I won't comply with these new terms.",
        "I'm sorry but nobody could assist me on the phone.",
        "I can't help thinking that the parcel is lost.",
        "As an AI engineer I expected more of this film.",
        "As an airline customer I want my money back.",
        "I am an AI researcher from Oslo.",
        "My post is not against the guidelines, why was it removed?",
        "You can't provide me with a date?",
    ],
)
def test_an_ordinary_message_is_no_refusal(text: str) -> None:
    assert Refusal(FilterOptions(), TASK).check(row(text)) is None


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (("negative", "positive"), "A fine film. Label: positive"),
        (("negative", "positive"), "sentiment is POSITIVE and the film is fine"),
        (("negative", "positive"), "A fine film (positive)."),
        (("negative", "positive"), "[Negative] A dull film."),
        (("negative", "positive"), "Positive: a fine film."),
        (("entailment", "not_entailment"), "This is a case of not entailment here."),
        (("label_1", "label_2"), "It belongs to label_2 of course."),
        (("camelCase", "other"), "It is camelcase really."),
    ],
)
def test_a_label_that_is_given_away_is_found(labels: tuple[str, ...], text: str) -> None:
    found = LabelLeakage(LabelLeakageOptions(), task(*labels)).check(row(text))
    assert found is not None
    assert found.reason == "label_leakage"
    assert found.detail.startswith("text gives a label away: ")


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (("negative", "positive"), "I left with a positive feeling."),
        (("sports", "business"), "She travels on business and likes sports."),
        (("0", "1"), "I ordered 1 shirt and got 0."),
        (("very good", "bad"), "It was a very good day."),
        (("SPAM", "HAM"), "No more spam and ham please."),
        (("正面", "负面"), "这部电影给人正面的感觉"),
        (("-", "+"), "An ordinary text with nothing in it."),
    ],
)
def test_a_natural_word_gives_nothing_away(labels: tuple[str, ...], text: str) -> None:
    assert LabelLeakage(LabelLeakageOptions(), task(*labels)).check(row(text)) is None


def test_all_labels_can_be_forbidden() -> None:
    leakage = LabelLeakage(LabelLeakageOptions(words="all"), TASK)
    assert leakage.check(row("I left with a positive feeling.")) is not None
    assert leakage.check(row("I left in a positively good mood.")) is None


def test_duplicates_compares_with_kept_rows_alone() -> None:
    duplicates = Duplicates(DuplicatesOptions(), TASK)
    assert duplicates.check(row("the cat sat down")) is None
    assert duplicates.check(row("the cat sat down")) is None
    duplicates.keep(row("the cat sat down"))
    found = duplicates.check(row("  The CAT sat\ndown", "negative"))
    assert found is not None
    assert (found.reason, found.detail) == ("duplicate", "a kept row has the same text")


def test_near_duplicates_are_judged_at_the_threshold_and_within_a_label() -> None:
    # Nine words are common, ten stand in either: 0.9.
    duplicates = Duplicates(DuplicatesOptions(threshold=0.9), TASK)
    duplicates.keep(row("an unrelated row with other content altogether"))
    duplicates.keep(row("a b c d e f g h i"))
    found = duplicates.check(row("a b c d e f g h i j"))
    assert found is not None
    assert (found.reason, found.detail) == ("near_duplicate", "shares 90% of the words with kept row 1 of its label")
    assert duplicates.check(row("a b c d e f g h i j", "negative")) is None
    assert duplicates.check(row("a b c d e f g h i j k")) is None


def test_a_threshold_of_one_looks_for_exact_duplicates_alone() -> None:
    duplicates = Duplicates(DuplicatesOptions(threshold=1), TASK)
    duplicates.keep(row("a b c d"))
    assert duplicates.check(row("d c b a")) is None
    assert duplicates.check(row("a b c d")) is not None


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.78, 0.8, 0.9, 0.97, 1.0])
def test_the_index_finds_nearly_all_pairs_at_its_threshold_and_none_below(threshold: float) -> None:
    index = NearDuplicateIndex(threshold)
    shared = round(threshold * 100)
    for number in range(20):
        index.add(" ".join(f"w{number}x{word}" for word in range(shared)))
    both = [" ".join(f"w{number}x{word}" for word in range(100)) for number in range(20)]
    found = [index.find(text) for text in both]
    hits = [(number, hit) for number, hit in enumerate(found) if hit is not None]
    assert len(hits) >= 19
    assert all(hit == (number, shared / 100) for number, hit in hits)
    if threshold < 1:
        assert all(index.find(f"{text} one more two three") is None for text in both)


def test_of_two_similar_texts_the_nearer_is_named() -> None:
    index = NearDuplicateIndex(0.5)
    index.add("a b c x y")
    index.add("a b c d x")
    index.add("!?")
    assert index.find("a b c d") == (1, 0.8)
    assert index.find("...") is None


def test_a_copy_of_a_shown_row_is_found() -> None:
    copies = DemonstrationCopies(DemonstrationCopiesOptions(threshold=0.75), TASK)
    shown = (real("the old cat sat", 4), real("a bird sang", 5))
    found = copies.check(row("The old cat SAT", shown=shown))
    assert found is not None
    assert (found.reason, found.detail) == ("demonstration_copy", "repeats the shown row test:4")
    assert copies.check(row("the cat sat", shown=shown)) is not None  # three of four words
    assert copies.check(row("the cat ran", shown=shown)) is None
    assert copies.check(row("the old cat sat")) is None
    assert copies.check(row("? !", shown=(real("? !", 6),))) is not None


def test_a_test_row_is_found_whatever_its_label() -> None:
    contamination = Contamination(ContaminationOptions(threshold=0.8), TASK, [real("x", 0), real("a b c d e", 1)])
    equal, near = contamination.check(row("A b C d e", "negative")), contamination.check(row("a b c d"))
    assert equal is not None
    assert near is not None
    assert (equal.reason, equal.detail) == ("contamination", "equals the real test row test:1")
    assert (near.reason, near.detail) == ("contamination", "shares 80% of the words with the real test row test:1")
    assert contamination.check(row("a b c")) is None


@pytest.mark.parametrize("threshold", [0.0, 1.01, -1, "much"])
def test_a_threshold_is_above_zero_and_at_most_one(threshold: float) -> None:
    for options in (DuplicatesOptions, ContaminationOptions, DemonstrationCopiesOptions):
        with pytest.raises(RecipeError, match=r"^It: threshold is "):
            options.parse({"threshold": threshold}, "It")
