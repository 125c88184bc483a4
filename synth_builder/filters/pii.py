from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, field_validator

from synth_builder.extras import require
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.filters.personal_data import EXTRA, FINDERS, Item
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task

Kind = Literal["email", "iban", "card", "phone"]

# What is set apart for examples and fiction belongs to nobody: RFC 2606 and 6761, and 555-01xx in North America.
RESERVED = (
    *(f"*@{host}" for name in ("com", "net", "org") for host in (f"example.{name}", f"*.example.{name}")),
    *(f"*@*.{name}" for name in ("example", "test", "invalid", "localhost")),
    "+1???55501??",
)

_REASONS = {
    "email": ("email_address", "an e-mail address"),
    "iban": ("iban", "an IBAN"),
    "card": ("card_number", "a payment card's number"),
    "phone": ("phone_number", "a phone number"),
}


class PIIOptions(FilterOptions):
    """
    Options of `pii`.

    Args:
        kinds (`tuple[str, ...]`, defaults to all):
            What is looked for: `email`, `iban`, `card`, `phone`.
        regions (`tuple[str, ...]`, defaults to `("US",)`):
            ISO 3166 codes of the countries whose phone numbers are found without `+` and the country's code.
        allow (`tuple[str, ...]`, defaults to `()`):
            Items that are fine, as patterns with `*` and `?`, for example `*@mycompany.com` or `+44207946*`. Compared
            with e-mail addresses in small letters, phone numbers with `+`, cards and IBANs without spaces.
        allow_reserved (`bool`, defaults to `True`):
            Whether what is set apart for examples is fine: `example.com` and its like, phone numbers 555-01xx.
    """

    kinds: tuple[Kind, ...] = Field(default=("email", "iban", "card", "phone"), min_length=1)
    regions: tuple[str, ...] = ("US",)
    allow: tuple[str, ...] = ()
    allow_reserved: bool = True

    @field_validator("regions")
    @classmethod
    def _two_letters(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        for region in regions:
            if len(region) != 2 or not region.isascii() or not region.isupper():
                raise ValueError(f"{region!r} is no region; expected two capital letters (ISO 3166), for example 'GB'")
        return regions


class PII(Filter[PIIOptions]):
    """
    Rejects rows that hold an e-mail address, a phone number, a payment card's number or an IBAN. Names and addresses
    of places are not looked for.
    """

    name = "pii"
    Options = PIIOptions
    shows_rejected = False

    def __init__(self, options: PIIOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self.require(options)
        allowed = (*options.allow, *(RESERVED if options.allow_reserved else ()))
        self._allowed = [pattern.lower() for pattern in allowed]

    @classmethod
    def require(cls, options: PIIOptions) -> None:
        """The libraries that know the numbers are installed."""
        require("phonenumbers", extra=EXTRA)
        require("stdnum", extra=EXTRA)

    def check(self, candidate: Candidate) -> Objection | None:
        """Reasons: `email_address`, `iban`, `card_number`, `phone_number`."""
        for column, text in candidate.columns.items():
            for kind in self.options.kinds:
                for item in FINDERS[kind](text, self.options.regions):
                    if not self._is_fine(item):
                        reason, named = _REASONS[item.kind]
                        # The detail goes into reports and cards: it tells which item it is and not the item.
                        hint = f"{item.written[:2]}…, {len(item.written)} characters"
                        return Objection(reason, f"{column} holds {named} ({hint})")
        return None

    def _is_fine(self, item: Item) -> bool:
        return any(fnmatchcase(item.plain.lower(), pattern) for pattern in self._allowed)
