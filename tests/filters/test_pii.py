import time
from typing import Any

import pytest

pytest.importorskip("phonenumbers")
pytest.importorskip("stdnum")

from synth_builder.errors import RecipeError
from synth_builder.filters.base import Candidate
from synth_builder.filters.pii import PII, PIIOptions
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})


def pii(**options: Any) -> PII:
    return PII(PIIOptions(**options), TASK)


def reason(text: str, **options: Any) -> str | None:
    found = pii(**options).check(Candidate({"text": text}, "positive"))
    return found.reason if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to maria.gomez@gmail.com please.", "email_address"),
        ("My address is <M.Gomez+shop@mail.firma.co.uk>!", "email_address"),
        ("(jürgen@müller.de) never got it", "email_address"),
        ("Call me at +1 415 555 2671 today.", "phone_number"),
        ("Call +442079461234 today.", "phone_number"),
        ("Call me at (415) 555-2671 today.", "phone_number"),
        ("Call me at 415-555-2671.", "phone_number"),
        ("I paid with 4111 1111 1111 1111 last week.", "card_number"),
        ("I paid with 4111111111111111, then nothing.", "card_number"),
        ("Card 5500-0000-0000-0004 12/27 was charged twice.", "card_number"),
        ("Amex 3782 822463 10005 was charged.", "card_number"),
        ("Send it back to DE89 3704 0044 0532 0130 00 soon.", "iban"),
        ("Send it to GB29NWBK60161331926819", "iban"),
        ("iban: fr14 2004 1010 0505 0001 3m02 606, thanks", "iban"),
    ],
)
def test_an_item_is_found(text: str, expected: str) -> None:
    assert reason(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Order 4155552671 has not arrived.",
        "Order 1234567890, bought on 2024-05-06 at 10:15.",
        "Ref 8882 2910 33 was paid.",
        "I paid 1,299.00 and then 2 000 000.",
        "Tracking 1Z999AA10123456784 does not work.",
        "Card 4111 1111 1111 1112 has a wrong check digit.",
        "Serial 9111 1111 1111 1111 of the lamp.",
        "DE88 3704 0044 0532 0130 00 is a typing error.",
        "Tag me @lamps or mail us at night@.",
        "The ratio is 3:4, version 10.2.1.4, page 12-34-56.",
        "Reach us at help@example.com or at help@shop.example.org.",
        "Reach us at a@b.test, call 212-555-0123 or +1 415 555 0199.",
    ],
)
def test_numbers_and_words_of_other_kinds_stay(text: str) -> None:
    assert reason(text) is None


def test_what_is_reserved_for_examples_is_found_when_it_is_not_allowed() -> None:
    assert reason("Reach us at help@example.com.", allow_reserved=False) == "email_address"
    assert reason("Call 212-555-0123.", allow_reserved=False) == "phone_number"
    assert reason("Reach us at help@example.company.") == "email_address"
    assert reason("Reach us at help@notexample.com.") == "email_address"


def test_patterns_of_ones_own_are_fine_and_nothing_else() -> None:
    own = {"allow": ("*@MyShop.com", "+44207946*", "4111111111111111", "DE89*")}
    assert reason("Mail Help@myshop.com.", **own) is None
    assert reason("Mail help@myshop.com or me@gmail.com.", **own) == "email_address"
    assert reason("Call +44 20 7946 1234.", **own) is None
    assert reason("Card 4111 1111 1111 1111.", **own) is None
    assert reason("IBAN DE89 3704 0044 0532 0130 00.", **own) is None
    assert reason("IBAN GB29 NWBK 6016 1331 9268 19.", **own) == "iban"


def test_phone_numbers_without_a_countrys_code_are_those_of_the_regions() -> None:
    text = "Ring 0117 496 0123 after six."
    assert reason(text) is None
    assert reason(text, regions=("US", "GB")) == "phone_number"
    assert reason("Call me at 415-555-2671.", regions=()) is None
    assert reason("Call me at +1 415-555-2671.", regions=()) == "phone_number"


def test_only_the_asked_kinds_are_looked_for() -> None:
    text = "Card 4111 1111 1111 1111, mail me@gmail.com."
    assert reason(text, kinds=("card",)) == "card_number"
    assert reason(text, kinds=("phone", "iban")) is None


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Mail maria@gmail.com.", "text holds an e-mail address (ma…, 15 characters)"),
        ("Card 4111 1111 1111 1111.", "text holds a payment card's number (41…, 19 characters)"),
        ("Call +1 415 555 2671.", "text holds a phone number (+1…, 15 characters)"),
        ("IBAN DE89370400440532013000.", "text holds an IBAN (DE…, 22 characters)"),
    ],
)
def test_the_detail_tells_which_item_and_not_the_item(text: str, detail: str) -> None:
    found = pii().check(Candidate({"text": text}, "positive"))
    assert found is not None
    assert found.detail == detail
    assert not PII.shows_rejected


def test_each_column_is_looked_at() -> None:
    found = pii().check(Candidate({"premise": "Nothing here.", "hypothesis": "me@gmail.com"}, "positive"))
    assert found is not None
    assert found.detail.startswith("hypothesis holds ")


@pytest.mark.parametrize(
    "text", ["x" * 20000, "1 " * 5000, "a@" * 5000, "a." * 5000 + "@", "DE12 " * 3000, "+1" * 5000]
)
def test_no_text_takes_long(text: str) -> None:
    one = pii()
    started = time.perf_counter()
    one.check(Candidate({"text": text}, "positive"))
    assert time.perf_counter() - started < 5


def test_a_region_is_two_capital_letters() -> None:
    with pytest.raises(RecipeError, match="It: regions: 'usa' is no region"):
        PIIOptions.parse({"regions": ["usa"]}, "It")
    with pytest.raises(RecipeError, match="It: kinds"):
        PIIOptions.parse({"kinds": ["name"]}, "It")
