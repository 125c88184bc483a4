import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineReplyError
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.task import Task
from synth_builder.strategies.base import Setting
from synth_builder.strategies.zero_shot_topic import TopicOptions, ZeroShotTopic, read_topics

TASK = Task(description="d", columns={"text": "a text"}, labels={"no": "n", "yes": "y"})


def strategy(topics: int | tuple[str, ...], seed: int = 0) -> ZeroShotTopic:
    return ZeroShotTopic(Setting(TASK, SamplingSettings(), "chat", seed=seed), TopicOptions(topics=topics))


@pytest.mark.parametrize(
    ("reply", "topics"),
    [
        ("1. Travel\n2. Food and drink\n", ["Travel", "Food and drink"]),
        (" Travel\n2. Food", ["Travel", "Food"]),
        ("- **Travel**: trips by train\n- *Food* - what people eat", ["Travel", "Food"]),
        ('Here are ten topics:\n\n1) "Travel"\n', ["Travel"]),
        ("Travel \u2013 trips\nWell-being.", ["Travel", "Well-being"]),
        ("A line of talk that is far too long to be a topic of texts\nFood", ["Food"]),
        ("123\n---\n\nFood", ["Food"]),
        ("", []),
    ],
)
def test_topics_are_read_without_what_stands_around_them(reply: str, topics: list[str]) -> None:
    assert read_topics(reply) == topics


def test_a_cut_list_loses_its_last_line() -> None:
    assert read_topics("1. Travel\n2. Foo", cut=True) == ["Travel"]


@given(st.text(max_size=80), st.booleans())
def test_any_reply_gives_short_topics(reply: str, cut: bool) -> None:
    for topic in read_topics(reply, cut=cut):
        assert topic == topic.strip() != ""
        assert len(topic.split()) <= 8
        assert "\n" not in topic


@given(st.lists(st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{1,8}){0,3}", fullmatch=True), min_size=1, max_size=9))
def test_a_numbered_list_comes_back_as_it_was(topics: list[str]) -> None:
    reply = "\n".join(f"{number}. {topic}" for number, topic in enumerate(topics, 1))
    assert read_topics(reply) == topics


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
