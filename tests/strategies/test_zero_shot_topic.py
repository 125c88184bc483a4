import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineReplyError
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.task import Task
from synth_builder.strategies.base import Setting
from synth_builder.strategies.zero_shot_topic import TopicOptions, ZeroShotTopic

TASK = Task(description="d", columns={"text": "a text"}, labels={"no": "n", "yes": "y"})


def strategy(topics: int | tuple[str, ...], seed: int = 0) -> ZeroShotTopic:
    return ZeroShotTopic(Setting(TASK, SamplingSettings(), "chat", seed=seed), TopicOptions(topics=topics))


def rounds_of(one: ZeroShotTopic, *replies: str) -> list[int]:
    """Runs `prepare` with these replies in turn, the last of them for ever; returns the requests of each round."""
    left = list(replies)
    sizes = []
    steps = one.prepare()
    requests: list[Request] = next(steps, [])
    while requests:
        sizes.append(len(requests))
        answers = [Completion(left.pop(0) if len(left) > 1 else left[0], "stop") for _ in requests]
        try:
            requests = steps.send(answers)
        except StopIteration:
            break
    return sizes


def test_topics_are_asked_for_until_there_are_enough_different_ones() -> None:
    one = strategy(12)
    sizes = rounds_of(one, "Travel\nFood", "food\nMusic", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj")
    assert sizes == [2, 1]
    assert one.topics == ["Travel", "Food", "Music", "a", "b", "c", "d", "e", "f", "g", "h", "i"]
    assert one.facts() == {"topics": one.topics}


def test_a_model_that_repeats_itself_is_asked_six_times_and_what_there_is_is_used() -> None:
    one = strategy(3)
    assert rounds_of(one, "Travel") == [1] * 6
    assert one.topics == ["Travel"]


def test_a_model_that_lists_nothing_ends_in_one_sentence() -> None:
    with pytest.raises(EngineReplyError) as found:
        rounds_of(strategy(3), "123")
    assert str(found.value) == ("The model listed no topics in 6 rounds; give a list under variants.variant.topics.")


def test_given_topics_are_not_asked_for() -> None:
    one = strategy(("Travel", "Food"))
    assert list(one.prepare()) == []
    assert one.topics == ["Travel", "Food"]
    assert "topics" not in one.templates()
    assert "topics" in strategy(5).templates()


def test_each_topic_request_has_a_seed_of_its_own_that_the_recipes_seed_fixes() -> None:
    first, again, other = (next(strategy(50, seed).prepare()) for seed in (1, 1, 2))
    assert first == again
    assert len({request.seed for request in [*first, *other]}) == 10
