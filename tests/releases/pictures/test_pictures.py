"""The pictures: which files there are, and what they show. How they look was looked at by eye."""

import struct
from pathlib import Path
from typing import Any

import pytest

from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.pictures import pictures
from synth_builder.releases.pictures.embedding_map import embedding_map, map_caption, map_in_words
from synth_builder.releases.pictures.label_picture import draw_labels, labels_in_words, words_by_label
from synth_builder.releases.pictures.map_picture import draw_map
from synth_builder.releases.pictures.picture_style import THEMES, contrast, readable_on
from synth_builder.releases.pictures.pictures import draw_pictures
from synth_builder.releases.sampled_rows import SampledRow, some
from synth_builder.releases.statistics import SplitStatistics
from tests.releases.card.test_card import release_of
from tests.scoring.tiny_encoder import save_tiny_encoder

COUNTS = {
    "train": SplitStatistics(3, {"bad": 2, "go$od$": 1}, {}, {}),
    "test": SplitStatistics(1, {"bad": 0, "go$od$": 1}, {}, {}),
}
ROWS = [
    SampledRow("train", ("one two three", "four"), "bad"),
    SampledRow("train", ("one", ""), "bad"),
    SampledRow("train", ("one two", "three"), "go$od$"),
]


def test_numbers_of_the_label_picture_in_words() -> None:
    assert words_by_label(ROWS) == {"bad": [4, 1], "go$od$": [3]}
    assert labels_in_words("few_shot", COUNTS, ROWS) == (
        "Rows and lengths of few_shot by label: bad 2 rows, median 2.5 words; go$od$ 2 rows, median 3 words."
    )


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_label_picture_shows_the_counts_of_all_splits(theme: Any) -> None:
    pytest.importorskip("matplotlib")
    drawn = draw_labels(theme, COUNTS, ROWS)
    left, right = drawn.axes
    assert [bar.get_extents().width > 1 for bar in left.patches] == [True, True, False, True]
    assert [text.get_text() for text in left.texts] == [" 2", " 2"]
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["bad", "go$od$"]
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["train", "test"]
    assert (left.get_title("left"), right.get_title("left")) == ("rows", "words in a row")


def test_no_two_labels_look_alike_and_text_stands_out_from_the_ground() -> None:
    for theme in THEMES:
        assert len({theme.point(number) for number in range(64)}) == 64
        assert all(
            theme.point(number)[part] != theme.point(number + 1)[part] for number in range(63) for part in (0, 1)
        )
        assert contrast(theme.text, theme.ground) > 12
        assert all(contrast(color, theme.ground) > 2 for color in theme.points)
        assert contrast(theme.heat, theme.ground) > 7


def test_contrast_is_that_of_the_web_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert (readable_on("#ffffff"), readable_on("#00497a")) == ("#000000", "#ffffff")
    assert all(
        contrast(grey, readable_on(grey)) >= 4.5
        for grey in (f"#{part:02x}{part:02x}{part:02x}" for part in range(256))
    )


@pytest.fixture
def encoder(tmp_path: Path) -> str:
    for package in ("sklearn", "torch", "transformers", "matplotlib"):
        pytest.importorskip(package)
    return str(save_tiny_encoder(tmp_path / "encoder"))


def test_a_map_has_a_point_for_each_row_and_is_the_same_each_time(encoder: str) -> None:
    words = ["film", "food", "day", "claim", "late", "very", "premise", "our"]
    numpy = pytest.importorskip("numpy")
    synthetic = [(f"the {word} was {word}", "bad" if number % 2 else "good") for number, word in enumerate(words)]
    real = [*synthetic[:3], (synthetic[0][0], "bad")]
    found = embedding_map(synthetic, real, encoder)
    assert found.synthetic.shape == (8, 2) and found.real.shape == (4, 2)
    # Three real rows equal a synthetic one of their label, the fourth equals one of the other label.
    assert found.same_label == 0.75
    again = embedding_map(synthetic, real, encoder)
    assert (again.synthetic == found.synthetic).all() and (again.real == found.real).all()
    assert map_in_words("v", found, ["good", "bad"]) == (
        "Map of the meanings of 8 rows of v beside 4 real rows, on the same plane, coloured by label (good 4, bad 4)."
    )
    assert "For 75% of the real rows the nearest synthetic row has the same label." in map_caption(found, "test.csv")
    drawn = draw_map(THEMES[0], found, ["good", "bad"])
    assert [one.get_title("left") for one in drawn.axes] == ["synthetic rows", "real rows"]
    assert [[len(numpy.asarray(points.get_offsets())) for points in one.collections] for one in drawn.axes] == [
        [4, 4],
        [2, 2],
    ]


def test_a_map_without_real_rows_is_one_panel(encoder: str) -> None:
    found = embedding_map([(f"a film of {number} hours", "bad") for number in range(12)], [], encoder)
    assert found.same_label is None
    assert len(draw_map(THEMES[1], found, ["bad", "good"]).axes) == 1
    assert "real" not in map_in_words("v", found, ["bad"]) + map_caption(found, None)


def test_a_sample_keeps_its_order_and_is_the_same_each_time() -> None:
    assert some([3, 1, 2], 3) == [3, 1, 2]
    found = some(range(100), 10)
    assert len(found) == 10 and found == sorted(found) and found == some(range(100), 10)


def test_pictures_are_written_light_and_dark_and_told_in_words(
    one_column: dict[str, Any], tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "embedding_map", lambda synthetic, real: embedding_map(synthetic, real, encoder))
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    recipe = release.read_recipe()
    told, notes = draw_pictures(release, "zero_shot", release.provenances()["zero_shot"], recipe)
    assert notes == [] and list(told["kinds"]) == ["labels", "map"]
    assert release.pictures() == [
        f"pictures/zero_shot-{kind}-{theme}.png" for kind in ("labels", "map") for theme in ("dark", "light")
    ]
    for name in release.pictures():
        head = (release.path / name).read_bytes()[:24]
        assert head.startswith(b"\x89PNG") and struct.unpack(">I", head[16:20]) == (1600,)
    assert told["kinds"]["labels"]["alt"].startswith(
        "Rows and lengths of zero_shot by label: negative 8 rows, median "
    )
    assert "16 rows of zero_shot beside 4 real rows" in told["kinds"]["map"]["alt"]


def test_what_is_missing_is_told(one_column: dict[str, Any], tmp_path: Path, encoder: str) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    (tmp_path / "test.csv").unlink()
    told, notes = pictures._draw_map(release, "zero_shot", [], release.read_recipe())
    assert told is None
    assert notes == ["zero_shot: no map is drawn of fewer than 10 rows."]
    _, name, notes = pictures._real_rows(release.read_recipe())
    assert name is None and len(notes) == 1 and notes[0].startswith("The map shows no real rows. ")
    del one_column["real"], one_column["variants"]["few_shot"]
    assert pictures._real_rows(Recipe.from_dict(one_column)) == ((), None, [])
