"""What the confusion matrix shows. How it looks was looked at by eye."""

from typing import Any

import pytest

from synth_builder.releases.pictures.confusion_picture import (
    Confusion,
    confusion_caption,
    confusion_in_words,
    draw_confusion,
)
from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.scoring.results.cell import Cell
from tests.releases.scored import CONFUSION, result, scored, with_curves

NUMBERS = Confusion("few_shot", ("bad", "go$od$", "none"), ((3, 1, 0), (2, 6, 0), (0, 0, 0)), 200, 1)


def many(count: int) -> Confusion:
    labels = tuple(f"label {number}" for number in range(count))
    return Confusion("few_shot", labels, tuple(tuple([1] * count) for _ in labels), 200, 3)


def test_it_is_that_of_all_synthetic_rows_alone() -> None:
    assert Confusion.of(with_curves()) == Confusion("few_shot", ("negative", "positive"), CONFUSION, 200, 3)
    assert Confusion.of(scored(result(Cell("real", 25), 0.5, confusion=CONFUSION))) is None
    assert Confusion.of(scored(result(Cell("synthetic", None, 50), 0.5, confusion=CONFUSION))) is None
    assert Confusion.of(scored(result(Cell("synthetic"), 0.5))) is None  # of an earlier version


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_cells_are_shares_of_the_right_label_and_say_so(theme: Any) -> None:
    pytest.importorskip("matplotlib")
    (axes,) = draw_confusion(theme, NUMBERS).axes
    shown: Any = axes.get_images()[0]
    # A label without test rows has no shares.
    assert shown.get_array().filled(-1).tolist() == [[0.75, 0.25, 0], [0.25, 0.75, 0], [-1, -1, -1]]
    assert [(text.get_position(), text.get_text()) for text in axes.texts] == [
        *(((0, 0), "0.75"), ((1, 0), "0.25"), ((2, 0), "0")),
        *(((0, 1), "0.25"), ((1, 1), "0.75"), ((2, 1), "0")),
    ]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["bad", "go$od$", "none"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("right label", "answer")


def test_numbers_stand_in_the_cells_of_up_to_twelve_labels() -> None:
    pytest.importorskip("matplotlib")
    (axes,) = draw_confusion(THEMES[0], many(12)).axes
    assert len(axes.texts) == 144 and {text.get_text() for text in axes.texts} == {"0.08"}
    axes, scale = draw_confusion(THEMES[0], many(13)).axes
    assert len(axes.texts) == 0
    assert (scale.get_ylim(), scale.get_xlim()) == ((0, 1), (0, 1))


def test_names_that_would_touch_stand_upright() -> None:
    pytest.importorskip("matplotlib")

    def turned(confusion: Confusion) -> set[float]:
        return {tick.get_rotation() for tick in draw_confusion(THEMES[0], confusion).axes[0].get_xticklabels()}

    assert (turned(many(5)), turned(many(12))) == ({0}, {90})


def test_the_matrix_in_words_has_its_numbers() -> None:
    assert confusion_in_words(NUMBERS) == (
        "Confusion matrix of few_shot. Share of each label answered rightly: bad 0.75; go$od$ 0.75. "
        "Most frequent mistakes: bad as go$od$ 0.25; go$od$ as bad 0.25."
    )
    assert confusion_in_words(many(7)).count(" as ") == 5
    right = Confusion("few_shot", ("bad", "good"), ((1, 0), (0, 2)), 200, 3)
    assert confusion_in_words(right).endswith("bad 1.00; good 1.00. There are no mistakes.")
    assert confusion_caption(NUMBERS) == (
        "What a classifier trained on all 200 rows of few_shot answers to real test rows of each label. "
        "Without test rows: none."
    )
    assert confusion_caption(right).endswith("of each label, over 3 seeds.")
