from typing import Any

from synth_builder.releases.card.card_pictures import picture_parts, rows_shown, score_picture_parts
from tests.releases.scored import with_curves


def provenance(**kinds: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"splits": {"train": {"rows_sha256": "ab"}, "test": {"rows_sha256": "cd"}}}
    return {**told, "pictures": {"rows": {"train": "ab", "test": "cd"}, "kinds": kinds}}


LABELS = {"alt": 'Rows of "a": 3\n<b> & more.', "caption": "Rows *of* each label."}
FILES = ["pictures/a-labels-light.png", "pictures/a-labels-dark.png", "pictures/a-map-light.png"]


def test_a_picture_is_light_and_dark_with_its_numbers_in_words() -> None:
    assert picture_parts({"a": provenance(labels=LABELS)}, FILES)["a"].splitlines() == [
        "<picture>",
        '<source media="(prefers-color-scheme: dark)" srcset="pictures/a-labels-dark.png">',
        '<img src="pictures/a-labels-light.png" width="800" alt="Rows of &quot;a&quot;: 3 &lt;b&gt; &amp; more.">',
        "</picture>",
        "",
        r"Rows \*of\* each label.",
    ]


def test_only_pictures_that_are_there_are_shown() -> None:
    # The map has no dark version.
    assert "map" not in picture_parts({"a": provenance(labels=LABELS, map=LABELS)}, FILES)["a"]
    assert picture_parts({"a": provenance(map=LABELS)}, FILES) == {}
    assert picture_parts({"a": provenance(labels=LABELS)}, []) == {}
    assert picture_parts({"b": {"splits": {}}}, FILES) == {}


def test_pictures_of_other_rows_are_not_shown() -> None:
    changed = provenance(labels=LABELS)
    changed["splits"]["train"]["rows_sha256"] = "ef"
    assert rows_shown(changed) == {"train": "ef", "test": "cd"}
    assert picture_parts({"a": changed}, FILES) == {}


def test_pictures_of_scores_are_told_with_the_numbers_of_the_scores() -> None:
    files = [f"pictures/few_shot-{kind}-{theme}.png" for kind in ("confusion", "curve") for theme in ("light", "dark")]
    shown = score_picture_parts({"few_shot": with_curves()}, files, "at/")["few_shot"]
    assert shown.index("at/pictures/few_shot-curve-dark.png") < shown.index("at/pictures/few_shot-confusion-dark.png")
    assert 'alt="Confusion matrix of few_shot. Share of each label answered rightly: negative 0.75; ' in shown
    assert "\n\nAccuracy on 3 real test rows by the number of training rows" in shown
    assert "curve" not in score_picture_parts({"few_shot": with_curves()}, files[:3])["few_shot"]
    assert score_picture_parts({"zero_shot": with_curves("zero_shot")}, files) == {}
