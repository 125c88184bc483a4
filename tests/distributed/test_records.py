import json

from synth_builder.distributed.records import RecordedCandidate, from_line, to_line
from synth_builder.engines.base import Completion, Message, Request, Sampling
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.generation.asking import Answer
from synth_builder.generation.reading import Reading
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.drafts import Draft, Draw, Ingredients, Unusable

DRAW = Draw(
    Request(Sampling(temperature=0.7), seed=41, messages=(Message("user", "Write!"),)),
    Ingredients("cats", (RealRow({"sentence": "secret"}, "negative", "train:3"),), {"mood": "calm"}),
)


class Short(Filter[FilterOptions]):
    name = "short"

    def check(self, candidate: Candidate) -> Objection | None:
        return Objection("short", "too short") if len(candidate.columns["sentence"]) < 4 else None

    def measures(self, candidate: Candidate) -> dict[str, float]:
        return {"length": float(len(candidate.columns["sentence"]))}


class Never(Filter[FilterOptions]):
    name = "never"

    def check(self, candidate: Candidate) -> Objection | None:
        raise AssertionError("no row gets here")


def reading(text: str, label: str = "positive", repaired: bool = False) -> Reading:
    columns = {"sentence": text}
    return Reading(Draft(columns, label, repaired), Candidate(columns, label))


def test_what_a_judge_needs_comes_back(recipe: Recipe) -> None:
    answer = Answer("key", Completion("raw \n reply", "length", 7, 5, 41))
    filters = [Short(FilterOptions(), recipe.task)]
    readings = [reading("Grüße \ud800 dort", repaired=True), Reading(Unusable("cut", "was cut")), reading("No.")]
    line = to_line(DRAW, answer, readings, filters)
    assert "\n" not in line
    draw, told, found = from_line(line.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass"), 30)
    assert (draw.request.seed, draw.ingredients.topic, dict(draw.ingredients.attributes)) == (
        41,
        "cats",
        {"mood": "calm"},
    )
    assert [row.id for row in draw.ingredients.demonstrations] == ["train:3"]
    assert told.completion is not None
    assert (told.key, told.failure) == ("key", None)
    assert (told.completion.text, told.completion.prompt_tokens, told.completion.completion_tokens) == (
        "raw \n reply",
        7,
        5,
    )
    first, second, third = found
    assert first.draft == Draft({"sentence": "Grüße \ud800 dort"}, "positive", repaired=True)
    assert second == Reading(Unusable("cut", "was cut"))
    assert isinstance(first.candidate, RecordedCandidate)
    assert isinstance(third.candidate, RecordedCandidate)
    assert (first.candidate.objections, first.candidate.measured) == ({}, {"short": {"length": 12.0}})
    assert third.candidate.objections == {"short": Objection("short", "too short")}
    assert (first.candidate.entry, third.candidate.entry) == (30, 31)


def test_a_filter_after_one_that_objects_does_not_see_the_row(recipe: Recipe) -> None:
    filters = [Short(FilterOptions(), recipe.task), Never(FilterOptions(), recipe.task)]
    line = to_line(DRAW, Answer("key", Completion("x", "stop")), [reading("No.")], filters)
    assert json.loads(line)[-1] == [[{"sentence": "No."}, "positive", False, {"short": ["short", "too short"]}, {}]]


def test_a_failure_has_no_reading(recipe: Recipe) -> None:
    draw, answer, readings = from_line(to_line(DRAW, Answer("key", None, "422"), [Reading(), Reading()], []), 0)
    assert answer == Answer("key", None, "422")
    assert readings == [Reading(), Reading()]
    assert draw.request.seed == 41


def test_texts_of_real_rows_are_not_written(recipe: Recipe) -> None:
    assert "secret" not in to_line(DRAW, Answer("key", None, "422"), [Reading()], [])
