import json
from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import MissingExtraError, ReleaseError
from synth_builder.generation.lock import BuildLock
from synth_builder.releases.folder import WORK, ReleaseFolder
from synth_builder.releases.pictures import pictures
from synth_builder.releases.pictures.embedding_map import EmbeddingMap
from synth_builder.verbs.card import card
from tests.releases.card.test_card import release_of
from tests.releases.scored import with_curves


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of texts of each map that was laid out; points stand on a line, without an encoder."""
    pytest.importorskip("matplotlib")
    numpy = pytest.importorskip("numpy")
    calls: list[int] = []

    def line(synthetic: list[tuple[str, str]], real: list[tuple[str, str]]) -> EmbeddingMap:
        calls.append(len(synthetic) + len(real))

        def points(count: int) -> Any:
            return numpy.arange(2 * count, dtype=numpy.float32).reshape(count, 2)

        labels, real_labels = (tuple(label for _, label in rows) for rows in (synthetic, real))
        return EmbeddingMap(points(len(synthetic)), labels, points(len(real)), real_labels, 0.5)

    monkeypatch.setattr(pictures, "embedding_map", line)
    return calls


@pytest.fixture
def release(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    return release_of(one_column, tmp_path)


def text_of(release: ReleaseFolder) -> str:
    return release.card.read_text(encoding="utf-8")


def told(release: ReleaseFolder, name: str = "zero_shot") -> dict[str, Any]:
    found = release.read_provenance(name)
    assert found is not None
    return found


def test_pictures_are_drawn_once_and_shown_by_every_later_card(
    release: ReleaseFolder, mapped: list[int], one_column: dict[str, Any], tmp_path: Path
) -> None:
    assert "## At a glance" not in text_of(release)
    made = card(release.path)
    assert (len(made.pictures), made.notes) == (8, ())
    assert mapped == [20, 20]  # 16 synthetic and 4 real rows of each variant
    shown = text_of(release)
    assert shown.count("<picture>") == 4 and "<summary>few_shot</summary>" in shown
    assert card(release.path).pictures == made.pictures
    assert mapped == [20, 20] and text_of(release) == shown
    card(release.path, pictures=False)
    assert mapped == [20, 20] and text_of(release) == shown
    card(release.path, pictures=True)
    assert mapped == [20, 20, 20, 20] and text_of(release) == shown
    # A finished build leaves them, one with other rows removes those of its variant.
    release_of(one_column, tmp_path)
    assert text_of(release) == shown
    one_column["variants"]["few_shot"]["k"] = 1
    release_of(one_column, tmp_path)
    assert {name.split("-")[0] for name in release.pictures()} == {"pictures/zero_shot"}
    assert "pictures" not in told(release, "few_shot")
    assert text_of(release).count("<picture>") == 2
    release.picture("zero_shot", "map", "dark").unlink()
    card(release.path, pictures=False)
    assert text_of(release).count("<picture>") == 1


def test_without_pictures_the_card_is_measured_and_written(release: ReleaseFolder) -> None:
    before = told(release)
    text = text_of(release)
    release.card.write_text(text.replace("## Limits and risks", "## Lost"), encoding="utf-8")
    made = card(release.path, pictures=False)
    assert (made.path, made.pictures) == (release.card, ())
    assert "## Limits and risks" in text_of(release)
    after = told(release)
    languages = after["measured"].pop("languages", {"en": 16})  # only with the extra `language`
    assert sum(languages.values()) == 16 and after == before


def test_what_people_wrote_stays(release: ReleaseFolder) -> None:
    text = text_of(release)
    mark = "<!-- computed: columns: begin -->"
    text = text.replace(mark, f"By a reader.\n\n{mark}").replace("\n---\n", "\nviewer: false\n---\n", 1)
    release.card.write_text(text, encoding="utf-8")
    card(release.path, pictures=False)
    assert "By a reader." in text_of(release) and "viewer: false" in text_of(release)


def test_rows_that_were_changed_or_are_gone_are_not_measured(release: ReleaseFolder) -> None:
    release.data("zero_shot", "train").write_bytes(b"something else")
    release.data("few_shot", "train").unlink()
    measured = told(release)["measured"]
    made = card(release.path)
    assert made.notes == (
        "zero_shot: nothing is measured or drawn, because data/zero_shot/train-00000-of-00001.parquet was changed "
        "after the build.",
        "few_shot: nothing is measured or drawn, because data/few_shot/train-00000-of-00001.parquet is not there.",
    )
    assert told(release)["measured"] == measured and made.pictures == ()


def test_without_the_extra_pictures_are_left_out_unless_they_are_asked_for(
    release: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    made = card(release.path)
    assert made.pictures == () and len(made.notes) == 1
    assert made.notes[0].startswith("There are no pictures. This needs the package 'matplotlib'")
    with pytest.raises(MissingExtraError, match=r"synth-builder\[pictures\]"):
        card(release.path, pictures=True)


def test_without_an_encoder_the_map_alone_is_left_out(release: ReleaseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    pytest.importorskip("torch")
    made = card(release.path)
    assert len(made.pictures) == 4 and len(made.notes) == 2
    assert made.notes[0].startswith("zero_shot: the map of meanings is left out. This needs the package 'sklearn'")


def test_pictures_of_scores_are_drawn_and_go_with_the_scores(
    release: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    with_curves("few_shot").write(release.scores("few_shot"))
    release.data("few_shot", "train").unlink()  # they need no rows
    release.data("zero_shot", "train").unlink()
    kept = ("pictures/few_shot-confusion-dark.png", "pictures/few_shot-confusion-light.png")
    made = card(release.path, pictures=False)
    assert made.pictures == () and release.pictures() == []
    made = card(release.path)
    assert made.pictures == (*kept, "pictures/few_shot-curve-dark.png", "pictures/few_shot-curve-light.png")
    assert card(release.path, pictures=False).pictures == made.pictures
    with_curves("few_shot", alone=0.71).write(release.scores("few_shot"))
    assert card(release.path, pictures=False).pictures == kept
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    made = card(release.path)
    assert made.pictures == kept == tuple(release.pictures())
    (note,) = [note for note in made.notes if note.startswith("There are no pictures of the scores. ")]
    assert "needs the package 'matplotlib'" in note
    release.scores("few_shot").unlink()
    assert card(release.path).pictures == () and release.pictures() == []


def test_what_the_hub_would_not_understand_is_told(release: ReleaseFolder) -> None:
    text = text_of(release).replace("\n---\n", "\nlicense_name: x\ntask_ids: poetry\n---\n", 1)
    release.card.write_text(text, encoding="utf-8")
    (note,) = card(release.path, pictures=False).notes
    assert note.startswith("task_ids: 'poetry' is no task that the Hub knows")


def test_the_page_is_written(release: ReleaseFolder, tmp_path: Path, mapped: list[int]) -> None:
    pytest.importorskip("nh3")
    card(release.path, html=tmp_path / "pages" / "card.html")
    page = (tmp_path / "pages" / "card.html").read_text(encoding="utf-8")
    assert "<title>Films, synthetic</title>" in page and page.count("data:image/png;base64,") == 8
    with pytest.raises(ReleaseError, match="The page can't be written to"):
        card(release.path, html=tmp_path)


def test_what_is_no_release_is_refused(tmp_path: Path, release: ReleaseFolder) -> None:
    with pytest.raises(ReleaseError, match=r"is no release: it has no recipe\.yaml"):
        card(tmp_path / "nowhere")
    for name in ("zero_shot", "few_shot"):
        release.provenance(name).unlink()
    with pytest.raises(ReleaseError, match="holds no variant; build one first"):
        card(release.path)


def test_a_build_that_is_under_way_is_not_disturbed(release: ReleaseFolder) -> None:
    with BuildLock(release.path / WORK), pytest.raises(Exception, match="Another build"):
        card(release.path)
    assert json.loads(release.provenance("zero_shot").read_text(encoding="utf-8"))
