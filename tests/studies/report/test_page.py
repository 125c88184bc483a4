import re
from html.parser import HTMLParser

import pytest

from synth_builder.studies.report.page import report_page
from synth_builder.studies.report.sections import contents
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import made_up
from tests.studies.report.studies import HOSTILE, hostile, whole

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


class Reader(HTMLParser):
    """Elements with their attributes, and the words between them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "source"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def page(results: StudyResults, *, figures: bool = True) -> str:
    shown = contents(results)
    drawn = {f"{each.name}-{theme}.svg": SVG for each in shown.pictures for theme in ("light", "dark")}
    return report_page(results, shown, drawn if figures else {})


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def test_every_question_stands_with_its_answer_its_sentences_and_its_source() -> None:
    results = whole()
    found = read(page(results))
    words = " ".join(found.words.split())
    assert len(results.findings) > 10
    for finding in results.findings:
        assert f"{finding.answer} {finding.question}" in words
        assert " ".join(finding.because.split()) in words and finding.source in words
    answers = [
        a["class"] for tag, a in found.elements if tag == "span" and (a.get("class") or "").startswith("answer")
    ]
    assert len(answers) == 3 * len(results.findings)
    assert set(answers) == {f"answer {f.answer.replace(' ', '-')}" for f in results.findings}


def test_question_table_figure_and_verdict_come_in_this_order() -> None:
    text = page(whole())
    section = text[text.index('id="share"') : text.index('id="rows"')]
    places = [section.index(mark) for mark in ('class="answers"', "<table>", "<figure>", 'class="verdict"')]
    assert places == sorted(places)


def test_links_of_the_contents_lead_somewhere() -> None:
    elements = read(page(whole())).elements
    targets = {attributes["id"] for _, attributes in elements if "id" in attributes}
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert len(links) == 13 and {f"#{target}" for target in targets} == set(links)


def test_tables_have_captions_and_headers_with_scope_and_images_say_what_is_seen() -> None:
    results = whole()
    found = read(page(results))
    tags = [tag for tag, _ in found.elements]
    assert tags.count("table") == tags.count("caption") == len(contents(results).tables) - 1  # all but the answers
    assert {attributes.get("scope") for tag, attributes in found.elements if tag == "th"} == {"col", "row"}
    images = [attributes for tag, attributes in found.elements if tag == "img"]
    assert len(images) == len(contents(results).pictures) == tags.count("source")
    assert all(re.search(r"\d", image["alt"] or "") for image in images)


def test_tables_have_the_room_of_a_wide_screen_and_a_shade_where_they_hide_something() -> None:
    style, printed = page(whole()).split("<style>")[1].split("</style>")[0].split("@media print")
    rules = {name.strip(): rule for name, rule in re.findall(r"^(\S[^{}@\n/]*)\{([^}]*)\}", style, re.MULTILINE)}
    assert "max-width: 84rem" in rules["body"] and "max-width" not in rules["table"]
    assert "max-width: 46rem" in rules["p, .answers li, .samples li, #limits li"]  # text stays narrow
    shades = rules[".table"]
    # Covers scroll along with the table, shades stay at the edges: left, right, bottom.
    assert shades.count("local") == shades.count("scroll,") + shades.count("scroll;") == 3
    assert style.count("--shade: ") == 2  # light and dark
    assert re.search(r"\.table, [^{]*\{[^}]*background: none", printed)


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = page(whole())
    found = read(text)
    for _, attributes in found.elements:
        for name in ("src", "srcset"):
            assert (attributes.get(name) or "data:").startswith("data:")
        assert (attributes.get("href") or "#").startswith("#")
    assert not {"script", "link", "iframe", "style"} & {tag for tag, _ in found.elements} - {"style"}
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text


def test_no_word_of_a_study_is_read_as_html() -> None:
    tags = {tag for tag, _ in read(page(whole())).elements}
    text = page(hostile())
    found = read(text)
    assert {tag for tag, _ in found.elements} <= tags and "script" not in tags
    assert "\u202e" not in text and "\x07" not in text
    assert found.words.count("<script>alert(1)</script>") > 50
    assert HOSTILE[:20] in found.words


def test_without_figures_the_page_has_none_and_without_answers_no_summary() -> None:
    assert "img" not in {tag for tag, _ in read(page(whole(), figures=False)).elements}
    assert 'id="short"' not in page(made_up())


def test_a_page_of_an_empty_study_can_be_read() -> None:
    results = made_up((), (), (), differences=(), notes=("Nothing was there.",))
    assert "Nothing was there." in read(page(results)).words


def written_by(*engines: str) -> StudyResults:
    """A study of one task whose variants were written by these engines."""
    results = made_up(("a",), tuple(f"variant_{number}" for number in range(len(engines))))
    variants = tuple(
        each.model_copy(update={"engine": engine, "model": "none" if engine == "none" else each.model})
        for each, engine in zip(results.variants, engines, strict=True)
    )
    return results.model_copy(update={"variants": variants})


def test_the_page_says_a_language_model_wrote_the_rows_only_where_one_did() -> None:
    model = read(page(written_by("embedded", "embedded"))).words
    assert "A language model wrote training rows for 1 text classification task." in model
    templates = " ".join(read(page(written_by("none", "none"))).words.split())
    assert "Training rows for 1 text classification task were made without a language model." in templates
    assert "language model wrote" not in templates and "language model none" not in templates
    assert "the ways to make rows named above" in templates and "language models" not in templates
    both = " ".join(read(page(written_by("embedded", "none"))).words.split())
    assert "A language model wrote training rows for 1 text classification task; those of variant_1" in both
    assert "were made without one. Classifiers" in both


@pytest.mark.parametrize(
    ("tasks", "told"),
    [(("a",), "One task tells nothing of others"), (tuple("abcdef"), "Intervals over the 6 tasks are Student's")],
)
def test_limits_say_what_few_tasks_can_not_tell(tasks: tuple[str, ...], told: str) -> None:
    assert told in read(page(made_up(tasks))).words
    assert told not in read(page(made_up(("a",) if len(tasks) > 1 else ("a", "b")))).words


def test_limits_name_what_verdicts_are_corrected_over() -> None:
    words = read(page(made_up())).words
    assert "for all comparisons of one question by one classifier together, over all tasks and variants" in words
    assert "comparisons together." not in words


def test_limits_tell_why_an_interval_beside_0_may_be_within_noise() -> None:
    told = "So an interval may lie beside 0 where the verdict is “within noise”."
    assert told in read(page(made_up())).words
    assert told not in read(page(made_up().model_copy(update={"differences": ()}))).words
