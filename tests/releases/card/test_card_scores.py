"""What a card tells of scores."""

from pathlib import Path
from typing import Any

import pytest

from synth_builder.releases.card.card import write_card
from synth_builder.releases.pictures.score_pictures import draw_score_pictures
from tests.releases.card.test_card import card_of, release_of
from tests.releases.scored import difference, with_curves
from tests.scoring.results.test_scores import regime, scores
from tests.small_tasks import sentence_of_the_seed


def test_scores_of_real_rows_alone_are_not_told_as_those_of_the_release(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = release_of(one_column, tmp_path, sentence_of_the_seed)
    name = release.variants()[0]
    given = scores(name).model_copy(update={"results": (regime("real", 50, 0.6),), "seeds": (0,)})
    given.write(release.scores(name))
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    assert "\nClassifiers trained on real rows and tested on real ones:\n" in text
    assert "; 1 seed; 3 real test rows" in text and "1 seeds" not in text
    given.model_copy(update={"results": (regime("synthetic", None, 0.6),)}).write(release.scores(name))
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    assert "\nClassifiers trained on these rows and tested on real ones:\n" in text


def test_scores_stand_in_the_card_once_there_are_some(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path)
    assert "## What it is worth" not in card_of(release).headings
    for name in ("zero_shot", "few_shot"):
        scores(name, "A note | with *marks*.").write(release.scores(name))
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    worth = text.partition("## What it is worth")[2].partition("## How it was made")[0]
    assert "| variant | synthetic rows | worth, in real rows | 100 real rows | 100 real + synthetic |" in worth
    assert "| `few_shot` | 0.800 ± 0.100 | 100 or more | 0.600 ± 0.000 | 0.900 ± 0.000 |" in worth.replace(
        "\u00a0", " "
    )
    table = text.partition("\n## Scores\n")[2].partition("## Limits and risks")[0]
    assert "| `zero_shot` | synthetic | 200 | 0.800 ± 0.100 | 0.400 ± 0.050 |" in table
    assert "| `few_shot` | real 100 + synthetic | 300 | 0.900 ± 0.000 | 0.450 ± 0.000 |" in table
    # What does not depend on the variant stands there once, at the end.
    assert table.count("| (none) | real 100 | 300 | 0.600 ± 0.000 | 0.300 ± 0.000 |") == 1
    assert table.count("| (none) | always positive | 0 | 0.667 | 0.400 |") == 1
    assert table.index("`few_shot`") < table.index("(none)")
    assert table.count("3 real test rows (test.csv).") == 1
    assert table.count(r"A note \| with \*marks\*.") == 1


def test_differences_and_pictures_stand_below_the_table(one_column: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    release = release_of(one_column, tmp_path)
    gain = difference("real 25 + synthetic", "real 25", 22)
    for name in ("zero_shot", "few_shot"):
        found = with_curves(name).model_copy(update={"differences": (gain,)})
        found.write(release.scores(name))
        draw_score_pictures(release, name, found)
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    section = text.partition("\n## Scores\n")[2].partition("## Limits and risks")[0]
    at = [
        section.index(part)
        for part in (
            "| `few_shot` | real 25 + synthetic 50 | 75 | 0.650 | 0.600 to 0.700 | 0.325 |",
            "\n- `few_shot`, real 25 ",
            "`zero_shot`; the other variants are folded away below:",
            'src="pictures/zero_shot-curve-light.png" width="800" alt="Accuracy by training rows with 95 %',
            'src="pictures/zero_shot-confusion-light.png"',
            "<summary>few_shot</summary>",
            'srcset="pictures/few_shot-curve-dark.png"',
        )
    ]
    assert at == sorted(at)
    worth = text.partition("## What it is worth")[2].partition("## How it was made")[0]
    assert "25 real + synthetic |" in worth and "synthetic 50" not in worth and "0.650" not in worth
    # Scored again: the old curve is no longer shown, though it is still there.
    with_curves("zero_shot", alone=0.71).write(release.scores("zero_shot"))
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    assert "zero_shot-curve" not in text and "zero_shot-confusion" in text and "few_shot-curve" in text
