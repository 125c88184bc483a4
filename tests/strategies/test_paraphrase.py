from collections import Counter
from typing import Any

import pytest

from synth_builder.engines.base import Completion
from synth_builder.errors import RecipeError
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.strategies.base import Draft, Setting, Unusable
from synth_builder.strategies.demonstrations import Demonstrations
from synth_builder.strategies.paraphrase import Paraphrase, ParaphraseOptions
from synth_builder.strategies.slot import Slot
from tests.strategies.cases import ONE, TRAIN, TWO

SOURCE = "a b c d e f g h"


def paraphrase(task: Task, rows: list[RealRow], **options: Any) -> Paraphrase:
    setting = Setting(task, SamplingSettings(), "chat", demonstrations=Demonstrations(rows, task))
    return Paraphrase(setting, ParaphraseOptions.parse(options, "options"))


def read(text: str, **options: Any) -> Draft | Unusable:
    rows = [RealRow({"text": SOURCE}, label, f"train:{number}") for number, label in enumerate(ONE.labels)]
    one = paraphrase(ONE, rows, **options)
    slot = Slot("train", 0, 0, "positive", 7)
    return one.read(slot, Completion(text, "stop"), one.draw(slot))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a b c d e f g h", "copy"),
        ("H g f e d c b a!", "copy"),
        ("a b c d e f g x", "copy"),  # 7 of 9 words
        ("a b c d e f x y", None),  # 6 of 10
        ("a b u v w x y z", None),  # 2 of 14
        ("a t u v w x y z", "drift"),  # 1 of 15
        ("s t u v w x y z", "drift"),
    ],
)
def test_a_reply_is_used_when_it_is_neither_a_copy_nor_something_else(text: str, reason: str | None) -> None:
    found = read(text)
    if reason is None:
        assert found == Draft({"text": text}, "positive")
    else:
        assert isinstance(found, Unusable) and found.reason == reason


def test_the_window_is_an_option_and_the_reason_says_what_was_found() -> None:
    assert read("a b c d e f g x", min_similarity=0.5, max_similarity=0.8) == Draft(
        {"text": "a b c d e f g x"}, "positive"
    )
    assert read("a b c d x y", min_similarity=0.5, max_similarity=0.8) == Unusable(
        "drift", "'text' shares 40% of the words with the real row train:1, at least 50% are wanted"
    )
    assert read(SOURCE, max_similarity=0.8) == Unusable(
        "copy", "shares 100% of the words with the real row train:1, at most 80% are wanted"
    )
    assert isinstance(read(SOURCE, max_similarity=1.0), Draft)
    assert isinstance(read("s t u v", min_similarity=0), Draft)
    with pytest.raises(RecipeError, match=r"min_similarity is 0.9, not less than max_similarity, which is 0.7"):
        read(SOURCE, min_similarity=0.9)


def test_of_two_columns_each_has_to_keep_to_its_own() -> None:
    row = RealRow({"premise": "a b c d", "hypothesis": "u v w x"}, "entailment", "train:0")
    other = RealRow({"premise": "q r s t", "hypothesis": "k l m n"}, "no_entailment", "train:1")
    one = paraphrase(TWO, [row, other])
    slot = Slot("train", 0, 0, "entailment", 7)

    def read_pair(premise: str, hypothesis: str) -> Draft | Unusable:
        reply = Completion(f"Premise: {premise}\nHypothesis: {hypothesis}", "stop")
        return one.read(slot, reply, one.draw(slot))

    assert isinstance(read_pair("a b z", "x y v"), Draft)
    swapped = read_pair("u v w y", "a b c z")
    assert isinstance(swapped, Unusable) and (swapped.reason, swapped.detail[:9]) == ("drift", "'premise'")
    copied = read_pair("a b c d", "x w v u")
    assert isinstance(copied, Unusable) and copied.reason == "copy"


def test_each_draw_shows_one_row_of_its_label_and_all_come_in_their_turn() -> None:
    one = paraphrase(ONE, TRAIN["one_column"])
    shown = Counter[str]()
    for seed in range(300):
        draw = one.draw(Slot("train", 0, seed, "negative", seed))
        (row,) = draw.ingredients.demonstrations
        assert row.label == "negative" and row.columns["text"] in draw.request.messages[-1].content
        shown[row.columns["text"]] += 1
    assert len(shown) == 6 and min(shown.values()) > 25


def test_of_several_versions_each_is_compared() -> None:
    rows = [RealRow({"text": SOURCE}, label, f"train:{number}") for number, label in enumerate(ONE.labels)]
    one = paraphrase(ONE, rows, rows_per_request=3)
    slots = [Slot("train", number, 0, "positive", number) for number in range(3)]
    draw = one.draw(slots[0], 3)
    assert "Write 3 versions of this in other words" in draw.request.messages[-1].content
    reply = Completion("1. a b c d e f x y\n2. a b c d e f g h\n3. s t u", "stop")
    first, second, third = one.read_all(slots, reply, draw)
    assert first == Draft({"text": "a b c d e f x y"}, "positive")
    assert isinstance(second, Unusable) and second.reason == "copy"
    assert isinstance(third, Unusable) and third.reason == "drift"
