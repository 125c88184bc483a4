import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.strategies.cleaning import clean_text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"I love it."', "I love it."),
        ("'I love it.'", "I love it."),
        ("\u201cI love it.\u201d", "I love it."),
        ("\u2018I love it.\u2019", "I love it."),
        ("`I love it.`", "I love it."),
        ("**I love it.**", "I love it."),
        ("*I love it.*", "I love it."),
        ("1. I love it.", "I love it."),
        ("(2) I love it.", "I love it."),
        ("- I love it.", "I love it."),
        ("\u2022 I love it.", "I love it."),
        ('1. **"I love it."**', "I love it."),
        ('"I love it.', "I love it."),
        ("# I love it.", "I love it."),
        ("```\nI love it.\n```", "I love it."),
        ("```text\nI love it.\n```", "I love it."),
        ("```I love it.```", "I love it."),
        ("Sure, here is an example:\n\nI love it.", "I love it."),
        ("Sure! Here's a positive review: I love it.", "I love it."),
        ('Here is a sentence that fits: "I love it."', "I love it."),
        ("Here\u2019s one:\nI love it.", "I love it."),
        ("Certainly!\n\nI love it.", "I love it."),
        ("Okay, a positive one:\n- I love it.", "I love it."),
        ("I  love\nit.", "I love it."),
        ("", ""),
        ('""', ""),
        ("Sure, here is an example:", ""),
    ],
)
def test_what_models_put_around_a_text_is_taken_off(written: str, text: str) -> None:
    assert clean_text(written) == text


@pytest.mark.parametrize(
    "text",
    [
        "I love it.",
        "Absolutely loved it! Best film of the year.",
        "Sure the film is long: three hours of rain.",
        "Okay movie: fine acting, dull plot.",
        "Here is my problem: the app does not start.",
        "Here's hoping for a sequel.",
        "Of course I would watch it again.",
        '"Yes", he said, "no".',
        '"Titanic" is too long.',
        "'Tis nothing but a dream.",
        "3 stars for 2 hours.",
        "10.5 points, no more.",
        "$5 is too much.",
        "Not *that* bad.",
        "#1 film of the year.",
        "It ends as it began: badly.",
    ],
)
def test_a_text_without_marks_around_it_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize("text", ["Absolutely loved it!\nBest film.", "Okay film.\nNo more."])
def test_a_first_line_that_is_a_text_stays(text: str) -> None:
    assert clean_text(text) == text.replace("\n", " ")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Text: I love it.", "I love it."),
        ("**Text:** I love it.", "I love it."),
        ("**Text**: I love it.", "I love it."),
        ('text: "I love it."', "I love it."),
        ("TEXT : $5 is too much.", "$5 is too much."),
        ("Text: (sighs) Again.", "(sighs) Again."),
        ("The text: I love it.", "The text: I love it."),
        ("Textual: I love it.", "Textual: I love it."),
    ],
)
def test_the_columns_name_in_front_is_taken_off_and_no_more(written: str, text: str) -> None:
    assert clean_text(written, tag="text") == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("I love it. It is the be", "I love it."),
        ('"I love it!" he said. Then she', '"I love it!" he said.'),
        ("I love it.", "I love it."),
        ("I love it and then", ""),
        ("It costs 3.5 dol", ""),
        ("Really? Yes\u2026 but", "Really? Yes\u2026"),
    ],
)
def test_a_cut_reply_loses_the_sentence_that_is_not_finished(written: str, text: str) -> None:
    assert clean_text(written, cut=True) == text


def test_a_repeated_prompt_is_taken_off() -> None:
    assert clean_text("Write a text:\n- I love it.", prompt="Write a text:\n-") == "I love it."
    assert clean_text("I love it.", prompt="Write a text:") == "I love it."


letters = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)
sentences = st.lists(letters, min_size=3, max_size=8).map(lambda words: "The " + " ".join(words) + ".")
wrappings = st.sampled_from(
    ['"{}"', "'{}'", "\u201c{}\u201d", "1. {}", "- {}", "**{}**", "Sure, here is an example:\n{}", "```\n{}\n```"]
)


@given(sentences, st.lists(wrappings, max_size=1))
def test_any_sentence_comes_out_of_its_wrapping_as_itself(sentence: str, wraps: list[str]) -> None:
    written = sentence
    for wrap in wraps:
        written = wrap.format(written)
    assert clean_text(written) == sentence


@given(sentences)
def test_wrappings_come_off_together(sentence: str) -> None:
    assert clean_text(f'Sure! Here is one:\n\n1. **"{sentence}"**') == sentence


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_cleaned_to_one_line_made_of_its_own_letters(text: str, cut: bool) -> None:
    cleaned = clean_text(text, cut=cut, tag="text")
    assert cleaned == " ".join(cleaned.split())
    rest = iter(text)
    assert all(letter in rest for letter in cleaned if not letter.isspace())


@given(st.text(st.characters(categories=["L", "Zs"]), max_size=60))
def test_words_without_marks_are_unchanged_but_for_white_space(text: str) -> None:
    assert clean_text(text) == " ".join(text.split())
