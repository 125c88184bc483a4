from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import RealDataError, RecipeError
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.strategies.base import Draft, Setting
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.template import Template, TemplateOptions
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.trace import trace_row
from tests.small_tasks import needed_options, one_column_task, two_column_task
from tests.strategies.cases import ONE, TRAIN

TEMPLATES = {
    "negative": ["No {thing}.", "Bad {thing} {day}."],
    "positive": ["Good {thing} {day}.", "Fine {thing} {day}."],
}
WORDS = {"thing": ["plot", "score"], "day": ["today", "again", "now"]}


def template(rows: dict[str, int] | None = None, label_rows: int = 0, **options: Any) -> Template:
    quotas = {split: dict.fromkeys(ONE.labels, count) for split, count in (rows or {"train": label_rows}).items()}
    parsed = TemplateOptions.parse({"templates": TEMPLATES, "lexicons": WORDS, **options}, "options")
    return Template(Setting(ONE, SamplingSettings(), "chat", quotas=quotas, variant="mine"), parsed)


def texts(one: Template, label: str, count: int, split: str = "train", draw: int = 0) -> list[str]:
    found = []
    for rank in range(count):
        slot = Slot(split, rank, draw, label, rank, rank)
        drawn = one.draw(slot)
        draft = one.read(slot, Completion(drawn.reply or "", "stop"), drawn)
        assert isinstance(draft, Draft) and draft.label == label
        found.append(draft.columns["text"])
    return found


def test_every_text_comes_once_before_any_comes_again_and_templates_take_turns() -> None:
    one = template(label_rows=8)
    found = texts(one, "negative", 8)
    things, days = WORDS["thing"], WORDS["day"]
    assert sorted(found) == sorted(
        [*(f"No {thing}." for thing in things), *(f"Bad {thing} {day}." for thing in things for day in days)]
    )
    made_by = [one.ingredients(Slot("train", 0, 0, "negative", 1, rank)).attributes["template"] for rank in range(8)]
    assert made_by == ["negative-1", "negative-2"] * 2 + ["negative-2"] * 4


def test_further_draws_take_texts_that_no_first_draw_takes() -> None:
    one = template(label_rows=3)
    first, second = texts(one, "negative", 3), texts(one, "negative", 3, draw=1)
    assert len({*first, *second}) == 6
    every = {text for draw in range(8) for text in texts(one, "negative", 3, draw=draw)}
    assert len(every) == 8


def test_with_a_share_a_further_draw_stays_with_its_template() -> None:
    one = template(label_rows=4, max_share=0.5)
    for draw in range(6):
        found = texts(one, "negative", 4, draw=draw)
        assert [text.split()[0] for text in found] == ["No", "Bad", "No", "Bad"]
    assert len({text for draw in range(3) for text in texts(one, "negative", 4, draw=draw)}) == 2 + 6


def test_held_out_templates_make_one_split_alone() -> None:
    one = template(
        {"train": 2, "test": 4},
        held_out=1,
        held_out_split="test",
        templates={"negative": TEMPLATES["negative"], "positive": ["Fine {thing}.", "Good {thing} {day}."]},
    )
    assert sorted(texts(one, "negative", 2)) == ["No plot.", "No score."]
    assert all(text.startswith("Bad ") for text in texts(one, "negative", 4, "test"))
    assert all(text.startswith("Good ") for draw in range(5) for text in texts(one, "positive", 4, "test", draw))
    assert all(text.startswith("Fine ") for draw in range(5) for text in texts(one, "positive", 2, draw=draw))


def test_splits_that_share_templates_share_no_text() -> None:
    one = template({"train": 3, "validation": 4})
    assert len({*texts(one, "negative", 3), *texts(one, "negative", 4, "validation")}) == 7


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            9,
            {},
            "Variant 'mine' asks for 9 rows of 'negative' (train), and the templates for them make 8 different texts; "
            "add templates or words, or ask for fewer rows.",
        ),
        (
            8,
            {"agreement": [["score", "plot"]]},
            "Variant 'mine' asks for 8 rows of 'negative' (train), and the templates for them make 4 different texts; "
            "add templates or words, or ask for fewer rows.",
        ),
        (
            6,
            {"max_share": 0.5},
            "Variant 'mine' asks for 6 rows of 'negative' (train), of which one template may make 3 (max_share 0.5), "
            "and 'negative-2' would have to make 4; add templates or words, or raise max_share.",
        ),
        (
            1,
            {"templates": {"negative": ["What {a(thing)} thing."], "positive": ["Fine."]}},
            "Variant 'mine' has '{a(thing)}' in a template of 'negative', which is no slot; a slot is {name}, with "
            "letters, digits and '_' in its name, and the article before one is written a(n).",
        ),
        (
            1,
            {"templates": {"negative": ["No {thingy}."], "positive": ["Fine."]}},
            "Variant 'mine' has the slot 'thingy' in a template of 'negative', and no words for it. Did you mean "
            "'thing'? Give them under lexicons.thingy or from_real.thingy.",
        ),
        (
            1,
            {"templates": {"negative": ["No."]}},
            "Variant 'mine' has no templates for 'positive'; give some under templates.positive.",
        ),
        (
            1,
            {"templates": {**TEMPLATES, "neutral": ["So so."]}},
            "Variant 'mine': templates.neutral is 'neutral', which the recipe does not have. Known: negative, "
            "positive.",
        ),
        (
            1,
            {"held_out": 2, "held_out_split": "train"},
            "Variant 'mine' has 2 templates of 'negative' and holds out 2; add templates, so that at least one is "
            "left for the other splits.",
        ),
        (
            1,
            {"held_out": 1, "held_out_split": "test"},
            "Variant 'mine': held_out_split is 'test', which the recipe does not have. Known: train.",
        ),
        (
            1,
            {"templates": {"negative": [{"premise": "x"}], "positive": ["Fine."]}},
            "Variant 'mine' has a template of 'negative' with the columns premise; expected text.",
        ),
        (1, {"held_out": 1}, "options: held_out and held_out_split belong together; give both or none."),
        (
            1,
            {"lexicons": {"thing": [], "day": ["now"]}},
            "options: lexicons.thing is []; expected at least one word, and none empty.",
        ),
        (
            1,
            {"from_real": {"thing": {}}},
            "options: 'thing' stands in lexicons and in from_real; keep one of them.",
        ),
    ],
)
def test_what_can_not_be_built_is_told_before_in_one_sentence(
    rows: int, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError) as found:
        template(label_rows=rows, **options)
    assert str(found.value) == message


def recipe_of(data: dict[str, Any], folder: Path, **variant: Any) -> Recipe:
    data["variants"] = {"t": {"strategy": "template", **variant}}
    return Recipe.from_dict(data, directory=folder)


def test_words_are_taken_from_the_real_train_rows(one_column: dict[str, Any], tmp_path: Path) -> None:
    written = {"negative": ["Oh, {word}."], "positive": ["Ah, {word}."]}
    one_column["generation"] = {"rows": {"train": 6}}
    setup = set_up(recipe_of(one_column, tmp_path, templates=written, from_real={"word": {"count": 4}}), "t")
    plain = set_up(recipe_of(one_column, tmp_path, templates=written, lexicons={"word": ["one", "two", "six"]}), "t")
    assert setup.demonstrations is not None and plain.demonstrations is None
    words = strategy_of(setup).facts()["lexicons"]
    # "the" stands in 4 of 5 negative rows without the one of the test rows, and in 2 of 6 positive ones.
    assert words["negative"]["word"][0] == "the" and words["positive"]["word"][0] == "and"
    assert all(len(words[label]["word"]) == 4 for label in words)
    one_column["real"] = None
    with pytest.raises(RecipeError, match=r"shows real rows \(strategy 'template'\), and the recipe names none"):
        set_up(recipe_of(one_column, tmp_path, templates=written, from_real={"word": {}}), "t")


def strategy_of(setup: Setup) -> Template:
    from synth_builder.engines.base import EngineInfo

    found = setup.strategy(EngineInfo(engine="none", model="none", chat_template=False))
    assert isinstance(found, Template)
    return found


def test_a_label_without_words_of_its_own_is_told() -> None:
    from synth_builder.strategies.demonstrations import Demonstrations

    shown = Demonstrations([row for row in TRAIN["one_column"] if row.label == "positive"], ONE)
    options = TemplateOptions.parse({"templates": TEMPLATES, "from_real": {"thing": {}, "day": {}}}, "options")
    with pytest.raises(RealDataError, match=r"no word of 'text' stands in more of the rows of 'negative' than of"):
        Template(Setting(ONE, SamplingSettings(), "chat", demonstrations=shown), options)


@pytest.mark.parametrize("task", [one_column_task, two_column_task])
def test_a_build_asks_no_model_and_its_rows_lead_back_to_their_templates(
    task: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    data = task(tmp_path)
    columns, labels = list(data["task"]["columns"]), list(data["task"]["labels"])
    data["generation"] = {"rows": {"train": 20, "test": 6}, "filters": ["length", {"duplicates": {"threshold": 1.0}}]}
    needed = needed_options("template", columns, labels)
    recipe = recipe_of(data, tmp_path, **needed, held_out=1, held_out_split="test")
    release = ReleaseFolder(tmp_path / "out")
    engine = ScriptedEngine(["Never."])
    (built,) = build_variants(recipe, ["t"], release, engine, EngineSettings())
    assert engine.requests == [] and built.asked_now == 0 and built.missing == 0
    assert built.provenance["engine"]["engine"] == "none"
    assert built.provenance["facts"]["lexicons"][labels[0]]["day"] == needed["lexicons"]["day"]
    import pyarrow.parquet

    for split, number, count in (("train", 1, 10), ("test", 2, 3)):
        rows = pyarrow.parquet.read_table(release.data("t", split)).to_pylist()
        made_by = Counter(row["provenance"]["attributes"][0]["value"] for row in rows)
        assert made_by == {f"{label}-{number}": count for label in labels}
        assert all(row["provenance"]["attributes"][0]["name"] == "template" for row in rows)
        for row in rows[:2]:
            (origin,) = trace_row(release, row["id"])
            assert origin.prompt_is_the_one and origin.notes == ()
            assert origin.reply is not None and row[columns[0]] in origin.reply.text
            assert origin.prompt is not None and f"template {labels[row['label']]}-{number}" in str(origin.prompt)


def test_texts_are_taken_as_they_are_written(tmp_path: Path, one_column: dict[str, Any]) -> None:
    one_column["generation"] = {"rows": {"train": 2}}
    written = {"negative": ['"1. No {thing}"'], "positive": ["# Label: {thing}: fine"]}
    setup = set_up(
        recipe_of(
            one_column, tmp_path, templates=written, lexicons={"thing": ["plot plan"]}, generation={"filters": []}
        ),
        "t",
    )
    generated = generate(setup, ScriptedEngine(["Never."]), tmp_path / "work")
    assert sorted(row["text"] for row in generated.rows("train")) == ['"1. No plot plan"', "# Label: plot plan: fine"]
    generated.close()
