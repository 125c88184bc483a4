"""Finds items in texts by which a person can be reached or charged. Needs the extra `pii`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from synth_builder.extras import require

EXTRA = "pii"

# Bounded, and begun at a word's start alone, so that no text takes long.
_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_DIGITS = re.compile(r"(?<![\w.,])\d{1,19}(?:[ -]\d{1,19}){0,8}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,30}", re.IGNORECASE)
# First digits and lengths of the payment cards in use (ISO/IEC 7812): without them one long number in ten would pass
# the check digit by chance.
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12,17}|35\d{14,17}|6\d{15,18}"
)


@dataclass(frozen=True, slots=True)
class Item:
    """
    Something found in a text.

    Args:
        kind (`str`):
            `email`, `phone`, `card` or `iban`.
        written (`str`):
            As it stands in the text.
        plain (`str`):
            In the form that patterns are compared with: small letters; a phone number with `+` and its country's
            code, cards and IBANs without spaces.
    """

    kind: str
    written: str
    plain: str


def find_emails(text: str, regions: Sequence[str] = ()) -> Iterator[Item]:
    """E-mail addresses."""
    for found in _EMAIL.finditer(text):
        yield Item("email", found[0], found[0].lower())


def find_ibans(text: str, regions: Sequence[str] = ()) -> Iterator[Item]:
    """Bank account numbers (IBAN) whose country, length and check digits fit."""
    iban = require("stdnum.iban", extra=EXTRA)
    for found in _IBAN.finditer(text):
        # Words may follow, which the pattern takes along: the longest beginning that is an IBAN counts.
        ends = [place for place in range(len(found[0]), 14, -1) if found[0][place - 1].isalnum()]
        written = next((found[0][:end] for end in ends if iban.is_valid(found[0][:end], check_country=False)), None)
        if written is not None:
            yield Item("iban", written, re.sub(r"[ -]", "", written).lower())


def find_cards(text: str, regions: Sequence[str] = ()) -> Iterator[Item]:
    """Payment card numbers: a known beginning and length, and a check digit (Luhn) that fits."""
    luhn = require("stdnum.luhn", extra=EXTRA)
    for found in _DIGITS.finditer(text):
        groups = list(re.finditer(r"\d+", found[0]))
        # A date or a code may stand right beside it, so each run of whole groups is tried.
        for first in range(len(groups)):
            for last in range(first + 1, len(groups) + 1):
                number = "".join(group[0] for group in groups[first:last])
                if _CARD.fullmatch(number) and luhn.is_valid(number):
                    yield Item("card", found[0][groups[first].start() : groups[last - 1].end()], number)


def find_phones(text: str, regions: Sequence[str] = ()) -> Iterator[Item]:
    """
    Phone numbers: with `+` and the country's code, or as they are written in one of the regions. A bare row of digits
    counts only with `+`: otherwise each tenth order number would be one.
    """
    phonenumbers = require("phonenumbers", extra=EXTRA)
    for region in (None, *regions):
        leniency = phonenumbers.Leniency.STRICT_GROUPING if region else phonenumbers.Leniency.VALID
        for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency):
            if region is None or not found.raw_string.isdigit():
                plain = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
                yield Item("phone", found.raw_string, plain)


FINDERS: dict[str, Callable[[str, Sequence[str]], Iterator[Item]]] = {
    "email": find_emails,
    "iban": find_ibans,
    "card": find_cards,
    "phone": find_phones,
}
