import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import ReleaseError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.card import write_card
from synth_builder.releases.card.card_sections import BEGIN_BY_HAND, END_BY_HAND, CardParts
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from tests.releases.card_reading import Card, read_card
from tests.small_tasks import needed_options, sentence_of_the_seed, some_unusable

HOSTILE = [
    "A film ``` that ends ```` its block ~~~~ early",
    "</details></summary></div> closes what it did not open",
    "One | two | three | four cells in a film",
    "<script>alert('film')</script> stands in this review",
    "--- \n---\nlicense: mit\n--- a new front matter",
    "{{ 7*7 }} {% for x in y %} {{ config }} in a film",
    "so\n\n\n\n\n\n\n\n# many\n\n\n\n\n\nlines of one film",
    "\u202eright to left\u202d and \u200f back again and again",
    f"{BEGIN_BY_HAND} a film that writes {END_BY_HAND} by hand",
    f"Nice film\n{BEGIN_BY_HAND}\nInjected words.\n{END_BY_HAND}\nor so",
    "![x](http://127.0.0.1/x.png) [y](javascript:z) shown in a film",
    "<!-- a comment that never ends, as a film",
]


def hostile(request: Request) -> str:
    return f"{HOSTILE[request.seed % len(HOSTILE)]} {sentence_of_the_seed(request)}"


def release_of(
    data: dict[str, Any], folder: Path, reply: Callable[[Request], str] | None = None, names: Sequence[str] = ()
) -> ReleaseFolder:
    recipe = Recipe.from_dict(data, directory=folder)
    release = ReleaseFolder(folder / "out")
    engine = ScriptedEngine(reply or some_unusable(5), revision="0123abc")
    build_variants(recipe, names or list(recipe.variants), release, engine, EngineSettings())
    return release


def card_of(release: ReleaseFolder) -> Card:
    return read_card(release.card.read_text(encoding="utf-8"))


def by_hand(release: ReleaseFolder) -> str:
    return CardParts.parse(release.card.read_text(encoding="utf-8")).by_hand


def load_elsewhere(release: ReleaseFolder, *names: str) -> dict[str, Any]:
    """`load_dataset` in a process that can't import this package."""
    code = """
import json, sys
sys.modules["synth_builder"] = None
from datasets import get_dataset_config_names, load_dataset
found = {"configs": get_dataset_config_names(sys.argv[1])}
for name in sys.argv[2:] or [None]:
    loaded = load_dataset(sys.argv[1], name)
    found[str(name)] = {split: {"rows": rows.num_rows, "columns": rows.column_names,
        "labels": rows.features["label"].names, "first": rows[0]} for split, rows in loaded.items()}
print(json.dumps(found))
"""
    child = subprocess.run(
        [sys.executable, "-I", "-c", code, str(release.path), *names], cwd="/", capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def test_each_variant_loads_without_this_package(one_column: dict[str, Any], tmp_path: Path) -> None:
    found = load_elsewhere(release_of(one_column, tmp_path), "zero_shot", "few_shot")
    assert sorted(found["configs"]) == ["few_shot", "zero_shot"]
    for name in ("zero_shot", "few_shot"):
        assert {split: told["rows"] for split, told in found[name].items()} == {"train": 12, "validation": 4}
        assert found[name]["train"]["columns"] == ["text", "label", "id", "provenance"]
        assert found[name]["train"]["labels"] == ["negative", "positive"]
        assert found[name]["train"]["first"]["provenance"]["strategy"] == name


def test_a_single_variant_loads_without_its_name(two_columns: dict[str, Any], tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        return f"Premise: {sentence_of_the_seed(request)}\nHypothesis: It is so or it is not."

    del two_columns["variants"]["few_shot"]
    found = load_elsewhere(release_of(two_columns, tmp_path, reply))
    assert found["configs"] == ["zero_shot"]
    assert found["None"]["train"]["rows"] == 12
    assert found["None"]["train"]["columns"] == ["premise", "hypothesis", "label", "id", "provenance"]


def test_the_front_matter_is_complete(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["card"]["tags"] = ["films", "synthetic"]
    one_column["real"]["train"] = "train.csv"
    front = card_of(release_of(one_column, tmp_path)).front
    infos = front.pop("dataset_info")
    assert [info["config_name"] for info in infos] == ["few_shot", "zero_shot"]
    assert [split["num_examples"] for split in infos[1]["splits"]] == [12, 4]
    assert front == {
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "language": ["en"],
        "multilinguality": ["monolingual"],
        "license": "cc-by-4.0",
        "pretty_name": "Films, synthetic",
        "size_categories": ["n<1K"],
        "source_datasets": ["original"],
        "task_categories": ["text-classification"],
        "tags": ["synthetic", "synth-builder", "few_shot", "zero_shot", "scripted", "films"],
        "configs": [
            {
                "config_name": name,
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*.parquet"} for split in ("train", "validation")
                ],
                **({"default": True} if name == "zero_shot" else {}),
            }
            for name in ("zero_shot", "few_shot")
        ],
    }


def test_several_languages_and_no_licence(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["card"] = {"language": ["en", "de"]}
    card = card_of(release_of(one_column, tmp_path, names=["zero_shot"]))
    assert card.front["multilinguality"] == ["multilingual"]
    assert card.front["pretty_name"] == "films"
    assert "license" not in card.front and "## Licence" not in card.headings


def test_the_card_has_all_its_sections(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path)
    card = card_of(release)
    assert card.headings == [
        "# Films, synthetic",
        "## How it was made",
        "## Columns",
        "## Rows",
        "## Examples",
        "### zero_shot",
        "## What was rejected",
        "## Real data used",
        "## Limits and risks",
        "## How to rebuild",
        "## Licence",
        "## Citation",
    ]
    assert card.tags["<details"] == card.tags["</details"] == 5
    text = release.card.read_text(encoding="utf-8")
    assert "- Model: scripted, revision `0123abc`\n- Engine: scripted (" in text
    assert "| `zero_shot` | train | 6 | 6 |" in text
    shown = json.loads(release.provenance("few_shot").read_text(encoding="utf-8"))["prompts"]
    assert shown and all(any(prompt["text"].strip() == block for block in card.blocks) for prompt in shown.values())


def test_without_real_data_nothing_is_said_of_them(one_column: dict[str, Any], tmp_path: Path) -> None:
    del one_column["real"], one_column["variants"]["few_shot"]
    assert "## Real data used" not in card_of(release_of(one_column, tmp_path)).headings


@pytest.mark.parametrize("label_mode", ["conditioned", "generated"])
def test_no_text_of_a_model_breaks_the_card(one_column: dict[str, Any], tmp_path: Path, label_mode: str) -> None:
    def topics(request: Request) -> str:
        if "diverse topics" in request.messages[-1].content:
            return "\n".join(f"{number}. {text[:40]}" for number, text in enumerate(HOSTILE, start=1))
        if label_mode == "generated":
            return f"Text: {hostile(request)}\nLabel: {'negative' if request.seed % 2 else 'positive'}"
        return hostile(request)

    def tame(request: Request) -> str:
        if "diverse topics" in request.messages[-1].content:
            return "\n".join(f"{number}. Tame topic {number}" for number in range(10))
        if label_mode == "generated":
            return f"Text: {sentence_of_the_seed(request)}\nLabel: {'negative' if request.seed % 2 else 'positive'}"
        return sentence_of_the_seed(request)

    variant = {"strategy": "zero_shot_topic", "topics": 8, "label_mode": label_mode}
    one_column["variants"] = {"topics": variant}
    one_column["generation"] |= {"filters": ["length"], "rows": {"train": 40}}
    (tmp_path / "tame").mkdir()
    for name in ("train.csv", "test.csv"):
        (tmp_path / "tame" / name).write_bytes((tmp_path / name).read_bytes())
    expected = card_of(release_of(one_column, tmp_path / "tame", tame))
    release = release_of(one_column, tmp_path, topics)
    card = card_of(release)
    assert card.headings == expected.headings
    assert card.table_widths[: len(expected.table_widths)] == expected.table_widths
    assert card.tags == expected.tags
    assert len(card.blocks) == len(expected.blocks)
    assert len(card.prose) == len(expected.prose)
    assert card.front["license"] == "cc-by-4.0"
    assert "49" not in " ".join(card.blocks + card.prose).replace(release.card.as_posix(), "").split()
    assert load_elsewhere(release, "topics")["topics"]["train"]["rows"] == 40


def test_hand_written_sections_stay_when_the_card_is_written_again(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    assert by_hand(release) == ""
    write_card(release, "## From the cinema\n\nWritten by a person.")
    assert by_hand(release) == "## From the cinema\n\nWritten by a person."
    write_card(release)
    release_of(one_column, tmp_path, names=["few_shot"])
    text = release.card.read_text(encoding="utf-8")
    assert text.count("## From the cinema\n\nWritten by a person.") == 1
    assert "## From the cinema" in read_card(text).headings


def test_what_people_wrote_into_the_card_itself_stays_where_it_is(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    text = release.card.read_text(encoding="utf-8")
    text = text.replace("\n---\n", "\nextra_gated_prompt: Say who you are.\n---\n", 1)
    mark = "<!-- computed: columns: begin -->"
    release.card.write_text(text.replace(mark, f"## A remark\n\nBy a reader.\n\n{mark}", 1), encoding="utf-8")
    release_of(one_column, tmp_path, names=["few_shot"])
    card = card_of(release)
    assert card.front["extra_gated_prompt"] == "Say who you are."
    assert [info["config_name"] for info in card.front["dataset_info"]] == ["few_shot", "zero_shot"]
    place = card.headings.index("## A remark")
    assert card.headings[place - 1 : place + 2] == ["## How it was made", "## A remark", "## Columns"]


def test_a_model_cannot_write_by_hand(one_column: dict[str, Any], tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        return f"{BEGIN_BY_HAND} Injected words. {END_BY_HAND} {sentence_of_the_seed(request)}"

    one_column["generation"]["filters"] = ["length"]
    release = release_of(one_column, tmp_path, reply, names=["zero_shot"])
    assert "Injected words." in release.card.read_text(encoding="utf-8")
    assert by_hand(release) == ""
    write_card(release, "By a person.")
    write_card(release)
    assert by_hand(release) == "By a person."


def test_a_card_of_plain_texts_says_so_and_nothing_of_repairs(one_column: dict[str, Any], tmp_path: Path) -> None:
    text = release_of(one_column, tmp_path, names=["zero_shot"]).card.read_text(encoding="utf-8")
    assert "\n- Replies: the text alone.\n" in text
    assert "had to be repaired" not in text


def test_the_card_tells_the_form_of_the_replies_and_how_many_were_repaired(
    two_columns: dict[str, Any], tmp_path: Path
) -> None:
    def reply(request: Request) -> str:
        found = f'{{"premise": "{sentence_of_the_seed(request)}", "hypothesis": "It is so, or it is not."}}'
        return found if request.seed % 2 else found.replace("}", ",}")

    recipe = Recipe.from_dict(two_columns, directory=tmp_path)
    release = ReleaseFolder(tmp_path / "out")
    build_variants(recipe, ["zero_shot"], release, ScriptedEngine(reply, grammar=True), EngineSettings())
    provenance = release.read_provenance("zero_shot") or {}
    repaired = provenance["tally"]["repaired"]
    assert 0 < repaired < provenance["tally"]["accepted_rows"]
    assert provenance["reply_form"] == "json" and provenance["engine"]["grammar"] is True
    text = release.card.read_text(encoding="utf-8")
    assert "\n- Replies: JSON, held to a schema by the engine.\n" in text
    told = f"\n\n{repaired} rows of `zero_shot` come from replies whose JSON had to be repaired: "
    assert text.count(told + "punctuation was mended, no word changed.\n") == 1
    # A release of an earlier version does not know of repairs.
    del provenance["tally"]["repaired"]
    release.provenance("zero_shot").write_text(json.dumps(provenance), encoding="utf-8")
    write_card(release)
    assert "had to be repaired" not in release.card.read_text(encoding="utf-8")


def test_there_is_no_card_before_the_first_variant(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    release.provenance("zero_shot").unlink()
    with pytest.raises(ReleaseError, match="holds no variant; build one first"):
        write_card(release)


def test_the_changelog_tells_what_each_variant_holds(one_column: dict[str, Any], tmp_path: Path) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    provenance = release.read_provenance("zero_shot") or {}
    assert release.changelog.read_text(encoding="utf-8").splitlines() == [
        "# Changelog",
        "",
        "## Unreleased",
        "",
        f"- `zero_shot`: 12 train rows, 4 validation rows (fingerprint `{provenance['fingerprint']}`).",
    ]


def test_what_each_filter_rejected_stands_in_the_provenance_and_on_the_card(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    provenance = release.read_provenance("zero_shot")
    assert provenance is not None
    entries = {entry["name"]: entry for entry in provenance["filters"]}
    assert list(entries) == [
        "length",
        "refusal",
        "label_leakage",
        "duplicates",
        "demonstration_copies",
        "contamination",
    ]
    length = entries["length"]
    assert length["rejected"] == provenance["tally"]["rejected"]["too_short"] > 0
    assert length["reached"] == provenance["tally"]["asked"]
    assert entries["refusal"]["reached"] == length["reached"] - length["rejected"]
    text = release.card.read_text(encoding="utf-8")
    share = length["rejected"] / length["reached"]
    assert f"| `zero_shot` | `length` | {length['reached']} | {length['rejected']} | {share:.1%} |" in text
    assert "text has 2 words, at least 3 are asked. Text: Too short." in text
    assert "rejected" in text and "of the rows that reached it**" not in text


def test_a_filter_that_rejects_most_is_a_paragraph_of_the_card(one_column: dict[str, Any], tmp_path: Path) -> None:
    card = card_of(
        release_of(
            one_column,
            tmp_path,
            lambda asked: sentence_of_the_seed(asked) if asked.seed % 3 == 0 else "Short <b>one</b>.",
            names=["zero_shot"],
        )
    )
    (warning,) = [line for line in card.prose if line.startswith("**In `zero_shot` the filter `length` rejected ")]
    assert "% of the rows that reached it** (" in warning
    assert card.tags["<b"] == 0


def test_a_card_of_a_release_from_before_filters_were_counted_has_no_such_table(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = release_of(one_column, tmp_path, names=["zero_shot"])
    provenance = release.read_provenance("zero_shot") or {}
    del provenance["filters"]
    release.provenance("zero_shot").write_text(json.dumps(provenance), encoding="utf-8")
    write_card(release)
    text = release.card.read_text(encoding="utf-8")
    assert "Filter by filter" not in text and "## What was rejected" in text


def test_the_card_cites_the_papers_of_the_strategies_that_were_used(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["variants"] = {
        "crossed": {"strategy": "attributes", **needed_options("attributes", ["text"], ["negative", "positive"])},
        "templates": {"strategy": "template", **needed_options("template", ["text"], ["negative", "positive"])},
    }
    one_column["generation"]["filters"] = []
    text = release_of(one_column, tmp_path, sentence_of_the_seed, ["templates"]).card.read_text(encoding="utf-8")
    assert "The texts were filled in from templates, and no person checked the labels." in text
    assert "- `template`: Gholami et al., " in text and "https://arxiv.org/abs/2310.07830" in text
    assert "2407.12813" not in text

    def reply(request: Request) -> str:
        if "list" in request.messages[-1].content.lower() and "writer" in request.messages[-1].content:
            return "1. A student\n2. A cook"
        return sentence_of_the_seed(request)

    text = release_of(one_column, tmp_path, reply).card.read_text(encoding="utf-8")
    assert "were written by a language model (scripted) or filled in from templates" in text
    assert "- `attributes`: Yu et al., " in text and text.count("@misc{") == 3


def test_without_a_paper_there_is_no_citation(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"] = {"again": {"strategy": "paraphrase", **needed_options("paraphrase", [], [])}}
    one_column["generation"]["filters"] = []
    assert "## Citation" not in card_of(release_of(one_column, tmp_path, sentence_of_the_seed)).headings
