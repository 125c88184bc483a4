import re
from pathlib import Path

import pytest

from synth_builder.errors import FilterError, UnknownNameError
from synth_builder.filters.base import Candidate
from synth_builder.filters.toxicity import Toxicity, ToxicityOptions
from synth_builder.recipes.task import Task
from tests.filters.conftest import Register

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})
DOCS = Path(__file__).parents[2] / "docs" / "filters.md"

# The share of words that shout.
SHOUTING = """
def score(texts):
    return [sum(word.isupper() for word in text.split()) / len(text.split()) for text in texts]
"""


def row(text: str) -> Candidate:
    return Candidate({"text": text}, "positive")


def test_a_text_is_rejected_from_the_threshold_on(register_scorer: Register) -> None:
    register_scorer("shouting", SHOUTING)
    one = Toxicity(ToxicityOptions(scorer="shouting", threshold=0.5), TASK)
    found = one.check(row("GO AWAY you fool"))
    assert found is not None
    assert (found.reason, found.detail) == ("toxic", "text is scored 0.50, allowed is less than 0.5")
    assert one.check(row("GO away you fool")) is None


def test_each_column_has_its_score(register_scorer: Register) -> None:
    register_scorer("shouting", SHOUTING)
    one = Toxicity(ToxicityOptions(scorer="shouting", threshold=0.9), TASK)
    found = one.check(Candidate({"premise": "so quiet", "hypothesis": "SO LOUD"}, "positive"))
    assert found is not None
    assert found.detail.startswith("hypothesis is scored 1.00")


def test_a_scorer_that_is_not_registered_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown scorer 'toxicity'\. Known: none\. One of your own is regist"):
        Toxicity.require(ToxicityOptions())
    with pytest.raises(UnknownNameError):
        Toxicity(ToxicityOptions(), TASK)


@pytest.mark.parametrize("scores", ["[]", "[0.1, 0.2]", "[1.5]", "[-0.1]", "[float('nan')]"])
def test_scores_that_are_none_are_an_error(register_scorer: Register, scores: str) -> None:
    register_scorer("odd", f"def score(texts):\n    return {scores}\n")
    with pytest.raises(
        FilterError, match=r"The scorer 'odd' gave .* for 1 text\(s\); expected one number from 0 to 1"
    ):
        Toxicity(ToxicityOptions(scorer="odd"), TASK).check(row("a text"))


def test_the_scorer_of_the_docs_works_as_told(register_scorer: Register) -> None:
    text = DOCS.read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(# word_list\.py\n.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert re.search(r'^\[project\.entry-points\."synth_builder\.scorers"\]\nwords = "word_list:score"$', text, re.M)
    register_scorer("words", source)
    one = Toxicity(ToxicityOptions(scorer="words", threshold=0.2), TASK)
    found = one.check(row("You are an idiot!"))
    assert found is not None
    assert found.detail == "text is scored 0.25, allowed is less than 0.2"
    assert one.check(row("You are very kind!")) is None
