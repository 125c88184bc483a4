from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import RealDataError
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import set_up
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.base import Setting
from synth_builder.strategies.conversation import Conversation, ConversationOptions
from synth_builder.strategies.demonstrations import Demonstrations
from synth_builder.strategies.slot import Slot
from tests.small_tasks import sentence_of_the_seed
from tests.strategies.cases import ONE, TESTS, TRAIN

DIVERSITY = "Can you provide something more diverse compared to the previously generated data?"
CLAUSE = (
    "You should imitate the example I have provided, but you cannot simply modify or rewrite the example I have given."
)
SLOT = Slot("train", 0, 0, "positive", 7)


def conversation(**options: Any) -> Conversation:
    shown = Demonstrations(TRAIN["one_column"], ONE, TESTS["one_column"])
    return Conversation(Setting(ONE, SamplingSettings(), "chat", demonstrations=shown), ConversationOptions(**options))


def messages(one: Conversation, history: list[str], count: int = 1) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in one.draw(SLOT, count, history).request.messages]


def test_the_first_turn_holds_scene_style_label_and_word_limit() -> None:
    (system, scene), (role, asked) = messages(
        conversation(context="You are a film critic.", style="terse", word_limit=12), []
    )
    assert (system, role) == ("system", "user")
    assert scene == "You are a film critic.\nThe task: Decide whether a sentence is positive or negative."
    assert asked == (
        'Write one new example (one sentence from a film review) whose label is "positive", that is: the writer '
        "likes the film.\nStyle: terse\nUse at most 12 words.\n"
        "Write only the text itself: no title, no quotation marks, no explanation."
    )


def test_later_turns_hold_what_was_said_before_in_its_order() -> None:
    told = messages(conversation(), [" One fine film.", "Two fine films.\n"])
    assert [role for role, _ in told] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [text for role, text in told if role == "assistant"] == ["One fine film.", "Two fine films."]
    assert told[1][1] == told[3][1] == 'Write one new example whose label is "positive".'
    assert told[5][1] == messages(conversation(), [])[-1][1]


@pytest.mark.parametrize(
    ("every", "rows", "turns"),
    [(3, 1, [3, 6, 9]), (1, 1, list(range(1, 12))), (4, 3, [2, 3, 4, 6, 7, 8, 10, 11]), (6, 3, [2, 4, 6, 8, 10])],
)
def test_something_more_diverse_is_asked_for_after_every_so_many_rows(every: int, rows: int, turns: list[int]) -> None:
    one = conversation(diversity_every=every, rows_per_request=rows, history_words=1000)
    asked = [messages(one, ["Some words."] * turn, rows)[-1][1].startswith(DIVERSITY) for turn in range(12)]
    assert [turn for turn, found in enumerate(asked) if found] == turns
    # The earlier turns tell it where it was said.
    told = [text for role, text in messages(one, ["Some words."] * 11, rows) if role == "user"][:-1]
    assert [turn for turn, text in enumerate(told) if text.startswith(DIVERSITY)] == [one for one in turns if one < 11]


def test_the_few_shot_form_shows_a_new_sample_of_rows_with_their_labels_and_the_clause() -> None:
    one = conversation(k=4)
    samples = []
    for seed in range(8):
        draw = one.draw(Slot("train", 0, 0, "positive", seed), 1, ["Before."])
        asked = draw.request.messages[-1].content
        assert CLAUSE in asked
        rows = draw.ingredients.demonstrations
        assert sorted(row.label for row in rows) == ["negative", "negative", "positive", "positive"]
        assert all(f"Text: {row.columns['text']}\nLabel: {row.label}" in asked for row in rows)
        assert not any(row.columns["text"] in draw.request.messages[1].content for row in rows)
        samples.append(frozenset(row.id for row in rows))
    assert len(set(samples)) > 4
    assert CLAUSE not in messages(conversation(), [])[-1][1]
    assert conversation().ingredients(SLOT).demonstrations == ()
    with pytest.raises(RealDataError, match="shows 12 demonstrations"):
        conversation(k=12)


@pytest.mark.parametrize(
    ("words", "history", "kept"),
    [
        (6, ["a b", "c d", "e f"], ["a b", "c d", "e f"]),
        (5, ["a b", "c d", "e f"], ["c d", "e f"]),
        (3, ["a b c d", "e"], ["e"]),
        (3, ["a b", "c d e f g"], ["c d e"]),
        # A failed request left nothing to show.
        (9, ["a b", "", " \n", "e f"], ["a b", "e f"]),
        (9, ["", ""], []),
    ],
)
def test_only_the_latest_replies_are_shown_again(words: int, history: list[str], kept: list[str]) -> None:
    told = messages(conversation(history_words=words), history)
    assert [text for role, text in told if role == "assistant"] == kept
    assert [role for role, _ in told] == ["system", *["user", "assistant"] * len(kept), "user"]


def test_a_prompt_of_ones_own_is_told_again_in_each_turn() -> None:
    setting = Setting(ONE, SamplingSettings(), "chat", prompt="{{ turn }} {{ label }} {{ diversity }}")
    one = Conversation(setting, ConversationOptions(diversity_every=2))
    assert messages(one, ["a", "b"]) == [
        ("user", "0 positive False"),
        ("assistant", "a"),
        ("user", "1 positive False"),
        ("assistant", "b"),
        ("user", "2 positive True"),
    ]


def test_a_build_keeps_the_conversations_of_a_label_apart(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"] = {"rows": {"train": 24}, "seed": 2}
    one_column["variants"] = {"talk": {"strategy": "conversation", "turns": 4, "history_words": 10_000}}
    setup = set_up(Recipe.from_dict(one_column, directory=tmp_path), "talk")
    engine = ScriptedEngine(sentence_of_the_seed)
    generated = generate(setup, engine, tmp_path / "work")
    label_of = {row["text"]: row["label"] for row in generated.rows("train")}
    generated.close()
    assert len(label_of) == len(engine.requests) == 24

    def shown(request: Request) -> list[str]:
        return [message.content for message in request.messages if message.role == "assistant"]

    # 12 rows of a label are three conversations of four turns.
    assert sorted(len(shown(request)) for request in engine.requests) == [turn for turn in range(4) for _ in range(6)]
    for request in engine.requests:
        label = "positive" if '"positive"' in request.messages[-1].content else "negative"
        assert all(label_of[text] == label for text in shown(request))
    longest = [tuple(shown(request)) for request in engine.requests if len(shown(request)) == 3]
    assert len({text for texts in longest for text in texts}) == 6 * 3
