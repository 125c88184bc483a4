import shutil
from pathlib import Path

import pytest

from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.picture_files import digest_of
from synth_builder.releases.pictures.score_pictures import (
    draw_score_pictures,
    fitting_pictures,
    pictures_for_card,
    score_pictures,
    score_pictures_of,
    shows_scores,
)
from synth_builder.scoring.results.cell import Cell
from tests.releases.scored import CONFUSION, result, scored, with_curves

CURVE = ["pictures/few_shot-curve-dark.png", "pictures/few_shot-curve-light.png"]
BOTH = ["pictures/few_shot-confusion-dark.png", "pictures/few_shot-confusion-light.png", *CURVE]


@pytest.fixture
def release(tmp_path: Path) -> ReleaseFolder:
    return ReleaseFolder(tmp_path)


@pytest.fixture
def drawn(release: ReleaseFolder) -> ReleaseFolder:
    """With the pictures of `with_curves()`."""
    pytest.importorskip("matplotlib")
    assert draw_score_pictures(release, "few_shot", with_curves()) == []
    assert release.pictures() == BOTH
    return release


def changed(release: ReleaseFolder) -> list[int]:
    return [(release.path / path).stat().st_mtime_ns for path in release.pictures()]


def test_scores_have_the_pictures_that_their_numbers_make() -> None:
    assert list(score_pictures(with_curves())) == ["curve", "confusion"]
    alone = scored(result(Cell("synthetic"), 0.7, confusion=CONFUSION))
    assert list(score_pictures(alone)) == ["confusion"]
    assert score_pictures(scored(result(Cell("synthetic"), 0.7))) == {}


def test_a_digest_is_of_what_is_drawn_and_of_nothing_else() -> None:
    def digests(alone: float = 0.7, **other: object) -> list[str]:
        scores = with_curves(alone=alone).model_copy(update=other)
        return [picture.digest for picture in score_pictures(scores).values()]

    assert digests() == digests(created="later", seconds=1.0)
    # The mean is on the curves alone, the names of labels are on the matrix alone.
    assert [one == other for one, other in zip(digests(), digests(alone=0.71), strict=True)] == [False, True]
    renamed = digests(label_names=("bad", "good"))
    assert [one == other for one, other in zip(digests(), renamed, strict=True)] == [True, False]


def test_pictures_that_fit_are_drawn_once_and_anew_when_asked(drawn: ReleaseFolder) -> None:
    before = changed(drawn)
    assert (
        fitting_pictures(drawn, "few_shot", with_curves())
        and draw_score_pictures(drawn, "few_shot", with_curves()) == []
    )
    assert changed(drawn) == before
    draw_score_pictures(drawn, "few_shot", with_curves(), draw=True)
    assert all(now != then for now, then in zip(changed(drawn), before, strict=True))


def test_pictures_of_other_scores_are_drawn_again_or_go(drawn: ReleaseFolder) -> None:
    curve = drawn.path / CURVE[0]
    before = digest_of(curve)
    draw_score_pictures(drawn, "few_shot", with_curves(alone=0.71))
    assert before != digest_of(curve) and drawn.pictures() == BOTH
    # Scored again without curves.
    alone = scored(result(Cell("synthetic"), 0.7, confusion=CONFUSION))
    draw_score_pictures(drawn, "few_shot", alone, draw=False)
    assert drawn.pictures() == BOTH[:2]
    draw_score_pictures(drawn, "few_shot", None)
    assert drawn.pictures() == []


def test_without_matplotlib_old_pictures_go_and_that_is_told(
    drawn: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert draw_score_pictures(drawn, "few_shot", with_curves()) == []
    (note,) = draw_score_pictures(drawn, "few_shot", with_curves(alone=0.71))
    assert note.startswith("There are no pictures of the scores. This needs the package 'matplotlib'")
    assert drawn.pictures() == BOTH[:2]  # the confusion is the same


def test_a_card_may_show_pictures_of_its_scores_and_all_of_rows(drawn: ReleaseFolder) -> None:
    labels = "pictures/few_shot-labels-light.png"
    (drawn.path / labels).write_bytes(b"-")
    shutil.copy(drawn.path / CURVE[0], drawn.path / "pictures" / "zero_shot-curve-dark.png")
    assert pictures_for_card(drawn, {"few_shot": with_curves()}) == [*BOTH, labels]
    assert pictures_for_card(drawn, {"few_shot": with_curves(alone=0.71)}) == [*BOTH[:2], labels]
    assert pictures_for_card(drawn, {}) == [labels]
    (drawn.path / CURVE[1]).unlink()
    assert pictures_for_card(drawn, {"few_shot": with_curves()}) == [*BOTH[:2], labels]


def test_of_more_than_forty_labels_there_is_no_matrix(release: ReleaseFolder) -> None:
    def of(count: int) -> tuple[list[str], list[str]]:
        names = tuple(f"label {number}" for number in range(count))
        confusion = tuple(tuple([1] * count) for _ in names)
        scores = scored(result(Cell("synthetic"), 0.7, confusion=confusion)).model_copy(update={"label_names": names})
        return list(score_pictures(scores)), draw_score_pictures(release, "few_shot", scores, draw=False)

    assert of(40) == (["confusion"], [])
    assert of(41) == ([], ["few_shot: no confusion matrix is drawn of more than 40 labels, and there are 41."])


def test_paths_of_pictures_of_scores_are_told_from_others() -> None:
    assert [
        path for path in [*BOTH, "pictures/few_shot-labels-dark.png", "a-curve-b.png", "x"] if shows_scores(path)
    ] == BOTH
    others = ["pictures/few_shot-long-curve-dark.png", "pictures/few_shot-map-dark.png"]
    assert score_pictures_of([*CURVE, *others], "few_shot") == set(CURVE)
