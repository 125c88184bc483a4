"""The index of papers is complete, and leads to files that are there."""

import re
from pathlib import Path

import pytest

import synth_builder

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "paper_index.md"
INDEX = PAGE.read_text(encoding="utf-8")
ARXIV = re.compile(r"(?<![\d.])\d{4}\.\d{5}(?![\d.]\d|\d)")
LINK = re.compile(r"\]\(([^)]+)\)")
SOURCES = sorted(
    path
    for path in Path(synth_builder.__file__).parent.rglob("*")
    if path.suffix in (".py", ".md", ".jinja", ".txt", ".json", ".html")
)


def named_in(paths: list[Path]) -> dict[str, list[str]]:
    """arXiv number -> files that name it."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for number in ARXIV.findall(path.read_text(encoding="utf-8")):
            found.setdefault(number, []).append(path.name)
    return found


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_paper_that_the_source_names_stands_in_the_index() -> None:
    named = named_in(SOURCES)
    assert len(named) >= 20
    assert {number: paths for number, paths in named.items() if number not in INDEX} == {}


def test_every_paper_that_other_pages_cards_and_recipes_name_stands_in_the_index() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "cards").glob("*.md"), *(ROOT / "dataset_scripts").glob("*.yaml")]
    named = named_in([page for page in pages if page != PAGE])
    assert len(named) >= 20
    assert {number: paths for number, paths in named.items() if number not in INDEX} == {}


def test_links_lead_to_files_and_headings_that_are_there() -> None:
    targets = LINK.findall(INDEX)
    assert len(targets) > 50
    for target in targets:
        path, _, anchor = target.partition("#")
        page = PAGE.parent / path if path else PAGE
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), target


def test_what_is_said_not_to_be_built_is_named_nowhere_in_the_source() -> None:
    (_, missing) = INDEX.split("## Not built")
    numbers = set(re.findall(r"^- (\S+),", missing, re.MULTILINE))
    assert len(numbers) == 8
    assert numbers.intersection(named_in(SOURCES)) == {"2410.15226"}  # of which a part is built


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(arXiv 2310.07849, section 3)", ["2310.07849"]),
        ("arxiv.org/abs/1910.01108v2", ["1910.01108"]),
        ("see 2310.07849.", ["2310.07849"]),
        ("12310.07849 2310.078490 1.2310.07849", []),
    ],
)
def test_arxiv_numbers_are_found(text: str, numbers: list[str]) -> None:
    assert ARXIV.findall(text) == numbers
