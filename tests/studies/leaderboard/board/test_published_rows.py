"""Where a variant's rows can be loaded from."""

import pytest

from synth_builder.studies.leaderboard.board.published_rows import PublishedRows


def test_a_source_gives_code_that_loads_the_rows() -> None:
    found = PublishedRows.parse("ada/films@v1.0.0")
    assert found == PublishedRows("ada/films", "v1.0.0")
    assert found.load_code("few_shot") == 'load_dataset("ada/films", "few_shot", revision="v1.0.0")'
    assert found.page == "https://huggingface.co/datasets/ada/films"
    assert PublishedRows.parse("ada/films@refs/pr/1") == PublishedRows("ada/films", "refs/pr/1")


@pytest.mark.parametrize(
    "source",
    [
        None,
        "",
        "ada/films",
        "films@v1",
        "ada/films@",
        "javascript:alert(1)",
        'ada/films@v1"); import os',
        "ada/fi lms@v1",
        "../etc@v1",
        "ada/films@../../x",
        "ada/films@v1\n",
        "http://ada/films@v1",
    ],
)
def test_what_has_another_form_gives_none(source: str | None) -> None:
    assert PublishedRows.parse(source) is None


def test_code_is_made_of_names_only() -> None:
    assert PublishedRows("ada/films", "v1").load_code('x"); import os; ("') is None
