import re

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection

# Narrow on purpose: "I'm sorry, but I can't log in" and "I cannot create an account" are good customer messages. What
# tells a refusal is that the writer can't do what an assistant is asked for: to assist with "that", to write a review.
_AI = r"(?:ai|artificial intelligence|(?:large )?language model)(?: (?:language )?model| assistant| chatbot| system)?"
_TEXT = r"(?:examples?|text|content|sentences?|reviews?|responses?|messages?|tweets?|headlines?|queries|questions?)"
_THIS = r"(?:that|this|such|your|any)"
_CAN_NOT = r"(?:can(?:no|['\u2019])t|can not|won['\u2019]t|will not|am (?:unable|not able) to)"
_ASKED_FOR = (
    rf"(?:(?:assist|help)(?: you)? (?:with|in) {_THIS}\b|(?:fulfil+|comply with) {_THIS}\b|"
    rf"engage in (?:{_THIS}|discussions?|conversations?)\b|(?:generate|create|produce|provide|write)(?: you)? "
    rf"(?:(?:an?|the|any|such|that|this|new|more|further) ){{0,2}}(?:\w+ )?{_TEXT}\b)"
)
_REFUSALS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bas an? {_AI}(?:[,.;:]|\s+I\b|\s+(?:trained|developed|created)\b|$)",
        rf"\bI(?:['\u2019]m| am) (?:just |only )?an? {_AI}(?=[,.;:]| and| so| trained|$)",
        rf"\bI {_CAN_NOT} {_ASKED_FOR}",
        rf"\bI['\u2019]m (?:unable|not able) to {_ASKED_FOR}",
        r"\b(?:against|violates?) (?:my (?:programming|guidelines)|(?:my|our) content polic(?:y|ies))\b",
    )
]


class Refusal(Filter[FilterOptions]):
    """Rejects rows in which the model speaks of itself or refuses, instead of writing what was asked for."""

    name = "refusal"

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `refusal`."""
        for column, text in candidate.columns.items():
            found = refusal_in(text)
            if found is not None:
                return Objection("refusal", f"{column} says {found!r}")
        return None


def refusal_in(text: str) -> str | None:
    """The words in which a text refuses, or speaks of its writer as a model; `None` when it does neither."""
    for pattern in _REFUSALS:
        found = pattern.search(text)
        if found:
            return found[0]
    return None
