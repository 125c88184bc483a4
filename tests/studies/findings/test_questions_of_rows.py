"""Topics, closeness, labels as asked and self-similarity: what is decided by measures of the rows."""

from collections.abc import Callable
from typing import Any

import pytest

from synth_builder.scoring.diversity.results import Likeness, Variety
from synth_builder.studies.findings.closeness import closeness
from synth_builder.studies.findings.labels_as_asked import labels_as_asked
from synth_builder.studies.findings.self_similarity import self_similarity
from synth_builder.studies.findings.topics import topics
from synth_builder.studies.results.parts import StudiedVariant
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.findings.parts import SIX, about, with_variants
from tests.studies.made_up import made_up


def varied(vendi: float | None, bleu: float = 0.5) -> Variety:
    return Variety(
        mean_words=10,
        distinct={2: 0.5},
        self_bleu={4: bleu},
        self_repetition=0,
        compression_ratio=2,
        remote_clique=None if vendi is None else 0.5,
        chamfer_distance=None,
        vendi_score=vendi,
    )


def like(similarity: float | None) -> Likeness:
    values: dict[str, Any] = dict.fromkeys(Likeness.model_fields)
    return Likeness(**(values | {"similarity_to_real": similarity, "recall": 0.3}))


def of(task_and_strategy: list[tuple[str, str]], **changes: Any) -> list[StudiedVariant]:
    return with_variants(task_and_strategy, **changes)


def study(variants: list[StudiedVariant]) -> StudyResults:
    return made_up(SIX).model_copy(update={"variants": tuple(variants)})


def both(
    strategy: str, name: str, plain: Any, other: Callable[[float], Any], tasks: tuple[str, ...] = SIX
) -> StudyResults:
    """Rows of two strategies; `other` gets how far the task lies from the mean, as `about` has it."""
    variants = of([(task, "zero_shot") for task in tasks], **{name: plain})
    for task in tasks:
        variants += of([(task, strategy)], **{name: other(about(task, 0.0))})
    return study(variants)


@pytest.mark.parametrize(("vendi", "answer"), [(12.0, "yes"), (8.0, "no"), (10.0, "not decided")])
def test_topics_are_judged_by_the_vendi_score(vendi: float, answer: str) -> None:
    # Self-BLEU says the opposite in all three, and is only told.
    (found,) = topics(both("zero_shot_topic", "variety", varied(10.0, 0.2), lambda by: varied(vendi + by, 0.9)))
    assert found.answer == answer
    assert found.numbers["Vendi score, mean"] == pytest.approx(vendi - 10)
    assert found.numbers["Self-BLEU-4, mean"] == pytest.approx(0.7)


@pytest.mark.parametrize(("bleu", "answer"), [(0.4, "yes"), (0.6, "no"), (0.5, "not decided")])
def test_without_embeddings_topics_are_judged_by_self_bleu_where_lower_is_more_diverse(
    bleu: float, answer: str
) -> None:
    (found,) = topics(both("zero_shot_topic", "variety", varied(None, 0.5), lambda by: varied(None, bleu + by)))
    assert found.answer == answer and "Vendi score, mean" not in found.numbers


def test_one_task_does_not_decide_about_topics_and_none_does_not_ask() -> None:
    (found,) = topics(both("zero_shot_topic", "variety", varied(10.0), lambda by: varied(90.0 + by), ("a",)))
    assert found.answer == "not decided" and "(one task)" in found.because
    assert topics(study(of([("a", "zero_shot")]))) == ()


@pytest.mark.parametrize(("similarity", "answer"), [(0.7, "yes"), (0.5, "no"), (0.6, "not decided")])
def test_few_shot_is_closer_where_its_top_five_similarity_is_higher(similarity: float, answer: str) -> None:
    (found,) = closeness(both("few_shot", "likeness", like(0.6), lambda by: like(similarity + by)))
    assert found.answer == answer
    assert found.numbers["recall, mean"] == 0 and "coverage, mean" not in found.numbers
    assert "Few-shot prompts showed some of the very real rows that closeness is measured to." in found.because


def test_closeness_is_not_asked_without_its_measure() -> None:
    assert closeness(both("few_shot", "likeness", like(None), lambda _: like(None))) == ()
    assert closeness(study(of([("a", "zero_shot")], likeness=like(0.5)))) == ()


@pytest.mark.parametrize(
    ("short", "answer"),
    [([{}, {}], "yes"), ([{}, {"positive": 3}], "no"), ([None, {}], "not decided"), ([None, {"positive": 3}], "no")],
)
def test_labels_are_as_asked_where_none_is_short(short: list[Any], answer: str) -> None:
    variants = [of([("a", str(number))], short=each)[0] for number, each in enumerate(short)]
    (found,) = labels_as_asked(study(variants))
    assert found.answer == answer
    assert ("3 rows of positive" in found.because) == (answer == "no")


def test_where_nobody_knows_what_was_asked_for_labels_are_not_judged() -> None:
    assert labels_as_asked(study(of([("a", "zero_shot")], short=None))) == ()


@pytest.mark.parametrize(("bleu", "answer"), [(0.7, "yes"), (0.3, "no"), (0.5, "not decided")])
def test_rows_are_more_alike_than_real_ones_where_self_bleu_is_higher(bleu: float, answer: str) -> None:
    variants = []
    for task in SIX:
        variants += of([(task, "zero_shot")], variety=varied(5, about(task, bleu)), real_variety=varied(5, 0.5))
    (found,) = self_similarity(study(variants))
    assert found.answer == answer
    assert found.numbers["variants more alike"] == {0.3: 0, 0.5: 3, 0.7: 6}[bleu]


def test_without_real_rows_self_similarity_is_not_judged() -> None:
    assert self_similarity(study(of([("a", "zero_shot")], real_variety=None))) == ()


def test_an_interval_of_two_tasks_ends_where_a_measure_can_no_longer_differ() -> None:
    def topical(by: float) -> Variety:
        return varied(90.0, 0.9) if by > 0 else varied(20.0, 0.1)

    shown = both("zero_shot_topic", "variety", varied(10.0), topical, (SIX[0], SIX[-1]))
    (found,) = topics(shown)
    # Self-BLEU lies between 0 and 1; the Vendi score may be as large as there are rows.
    assert (found.numbers["Self-BLEU-4, low"], found.numbers["Self-BLEU-4, high"]) == (-1.0, 1.0)
    high = found.numbers["Vendi score, high"]
    assert high is not None and high > 100.0
