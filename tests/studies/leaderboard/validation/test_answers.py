"""Findings have to follow from what the file holds."""

from typing import Any

from synth_builder.studies.findings.catalogue import findings
from synth_builder.studies.leaderboard.validation.answers import unfounded
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.leaderboard.handed_in import small


def answered(**changes: Any) -> StudyResults:
    """A small study with its findings; `changes` replace fields of the first, which is `mixing_fewest`."""
    results = small()
    first, *others = findings(results)
    return results.model_copy(update={"findings": (first.model_copy(update=changes), *others)})


def test_honest_findings_and_none_follow() -> None:
    assert [*unfounded(answered())] == [*unfounded(small())] == []


def test_an_answer_that_the_numbers_do_not_give() -> None:
    honest = answered().findings[0].answer
    other = "no" if honest == "yes" else "yes"
    told = f"findings[0] answers 'mixing_fewest' with {other!r}; what the file holds gives {honest!r}"
    assert [*unfounded(answered(answer=other))] == [told]


def test_a_number_that_is_another_or_not_there() -> None:
    numbers = answered().findings[0].numbers
    name = "difference, mean"
    right = numbers[name]
    told = f"findings[0].numbers['{name}'] of 'mixing_fewest' is {{}}; what the file holds gives {right}"
    assert [*unfounded(answered(numbers={**numbers, name: 0.9}))] == [told.format(0.9)]
    without = {key: value for key, value in numbers.items() if key != name}
    assert [*unfounded(answered(numbers=without))] == [told.format(None)]


def test_a_question_that_nothing_answers_and_one_that_stands_twice() -> None:
    unknown = "findings[0] answers 'luck', which what the file holds does not answer"
    assert [*unfounded(answered(key="luck"))] == [unknown]
    results = answered()
    twice = results.model_copy(update={"findings": (*results.findings[:1], *results.findings[:1])})
    assert [*unfounded(twice)] == ["findings[1] answers 'mixing_fewest' a second time"]
