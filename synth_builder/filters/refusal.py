import re

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection

# Narrow on purpose: "I'm sorry, but I can't log in" is a good customer message, not a refusal. What tells a refusal is
# that the writer can't do what an assistant is asked for.
_ASKED_FOR = (
    r"(?:assist|help (?:you )?with (?:that|this)|generate|create|fulfil+|comply|produce|engage in|"
    r"provide (?:an? |the |you |any )?(?:example|text|content|sentence|review|response)|write (?:an? |the )?"
    r"(?:example|text|content|sentence|review|response|message))"
)
_REFUSALS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b",
        r"\bI(?:'m| am|\u2019m) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model)\b",
        rf"\bI (?:can(?:no|['\u2019])t|can not|won['\u2019]t|will not|am not able to|['\u2019]?m not able to) "
        rf"{_ASKED_FOR}",
        rf"\bI(?:'m| am|\u2019m) (?:sorry|unable|not able)\b[^.!?]{{0,40}}\b{_ASKED_FOR}",
        r"\b(?:against|violates?) (?:my|our|the) (?:programming|guidelines|content policy)\b",
    )
]


class Refusal(Filter[FilterOptions]):
    """Rejects rows in which the model speaks of itself or refuses, instead of writing what was asked for."""

    name = "refusal"

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `refusal`."""
        for column, text in candidate.columns.items():
            for pattern in _REFUSALS:
                found = pattern.search(text)
                if found:
                    return Objection("refusal", f"{column} says {found[0]!r}")
        return None
