"""Each folder is a Space as it is: card, requirements and page."""

import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import synth_builder
from synth_builder.evaluate_modules import NAMES
from synth_builder.verbs.diversity_of_rows import diversity_of_rows
from synth_builder.verbs.score_rows import score_rows
from tests.evaluate_modules.module_folders import MODULES
from tests.scoring.tiny_encoder import toy_rows
from tests.servers.hub import HubServer
from tests.verbs.toy_release import write_rows

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "## Measurement Description",
    "## How to Use",
    "### Inputs",
    "### Output Values",
    "#### Values from Popular Papers",
    "### Examples",
    "## Limitations and Bias",
    "## Citation",
    "## Further References",
]
# What the Hub lets a Space's colours be.
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def card(name: str) -> tuple[dict[str, Any], str]:
    """Front matter and text."""
    _, matter, text = (MODULES / name / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(matter), text


def app(name: str) -> ModuleType:
    return importlib.import_module(f"synth_builder.evaluate_modules.{name}.app")


def test_there_are_two_modules_with_all_files() -> None:
    assert NAMES == ("synthetic_diversity", "synthetic_utility")
    for name in NAMES:
        files = {path.name for path in (MODULES / name).iterdir() if path.is_file()}
        assert files == {"README.md", "app.py", "requirements.txt", f"{name}.py"}


@pytest.mark.parametrize("name", NAMES)
def test_the_front_matter_is_what_a_space_needs(name: str) -> None:
    matter, _ = card(name)
    assert (matter["title"], matter["sdk"], matter["app_file"]) == (name, "gradio", "app.py")
    assert re.fullmatch(r"\d+\.\d+\.\d+", matter["sdk_version"])
    assert matter["python_version"] == "3.11"  # Spaces have an older one when nothing is said
    assert {"evaluate", "measurement"} <= set(matter["tags"])
    assert {matter["colorFrom"], matter["colorTo"]} <= COLOURS
    assert len(matter["short_description"]) <= 60


@pytest.mark.parametrize("name", NAMES)
def test_every_section_of_the_card_is_filled(name: str) -> None:
    _, text = card(name)
    places = [text.index(f"\n{section}\n") for section in SECTIONS]
    assert places == sorted(places)
    for section in SECTIONS:
        told = text.partition(f"\n{section}\n")[2].partition("\n#")[0]
        assert len(told.split()) > 15, section


@pytest.mark.parametrize(("name", "verb"), [(NAMES[0], diversity_of_rows), (NAMES[1], score_rows)])
def test_every_argument_stands_in_the_card_with_its_default(name: str, verb: Any) -> None:
    inputs = card(name)[1].partition("### Inputs")[2].partition("### Output Values")[0]
    lines = {found: line for line in inputs.splitlines() for found in re.findall(r"\*\*(\w+)\*\*", line)}
    parameters = inspect.signature(verb).parameters
    assert set(lines) == set(parameters)
    for argument, parameter in parameters.items():
        default = parameter.default
        if isinstance(default, bool):
            assert f"defaults to {default})" in lines[argument]
        elif isinstance(default, int):
            assert f"defaults to {default:,})" in lines[argument]
        elif isinstance(default, str):
            assert f'defaults to `"{default}"`)' in lines[argument]
        else:
            assert ("*(" in lines[argument] and "optional" in lines[argument]) == (default is None)


def test_the_numbers_of_the_card_are_those_of_the_results_file() -> None:
    _, text = card("synthetic_utility")
    results = json.loads((ROOT / "benchmarks" / "results" / "sst2.json").read_text(encoding="utf-8"))
    found = results["variants"]["few_shot"]["results"]
    for title, trained_on in (
        ("real 100", "100 real rows"),
        ("synthetic", "synthetic rows, few-shot"),
        ("real 100 + synthetic", "both"),
    ):
        accuracy = found[title]["accuracy"]
        assert f"| {trained_on} | {accuracy['mean']:.3f} ± {accuracy['std']:.3f} |" in text
    assert f"| nothing (always `negative`) | {results['majority']['accuracy']:.3f} |" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_requirements_are_this_package_with_extras_that_it_has(name: str) -> None:
    (line,) = (MODULES / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirement = Requirement(line)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert requirement.name == "synth-builder" and requirement.extras <= set(extras)
    assert requirement.specifier.contains(synth_builder.__version__)
    assert {operator.operator for operator in requirement.specifier} == {">=", "<"}


@pytest.fixture
def films(hub: HubServer, tmp_path: Path) -> HubServer:
    """Synthetic films of ada, and bob's real ones, in a split each."""
    for path, rows in (("a", toy_rows(16)), ("b", toy_rows(20, start=200)), ("c", toy_rows(8, start=300))):
        write_rows(tmp_path / path, rows)
    hub.add("ada/films", {"train.parquet": (tmp_path / "a").read_bytes()})
    hub.add(
        "bob/films", {"train.parquet": (tmp_path / "b").read_bytes(), "test.parquet": (tmp_path / "c").read_bytes()}
    )
    return hub


def test_the_page_of_utility_answers_with_table_and_results(films: HubServer) -> None:
    pytest.importorskip("sklearn")
    table, found = app("synthetic_utility").answer(
        " ada/films ", "bob/films", "bob/films:train", "text", "", "", "", "tfidf", 2
    )
    assert table.startswith("8 test rows of bob/films:test; logistic regression on TF-IDF of words and characters, 2")
    assert "real 20 + synthetic" in table
    assert json.loads(json.dumps(found)) == found and len(found["results"]) == 3
    assert found["seeds"] == [0, 1]


def test_the_page_of_diversity_answers_with_table_and_results(films: HubServer) -> None:
    table, found = app("synthetic_diversity").answer("ada/films", "bob/films", "", "label", "", "", "none", 10)
    assert table.startswith("10 rows of each, beside as many of bob/films:train; Self-BLEU of 10\n")
    assert json.loads(json.dumps(found)) == found and found["sampling"]["rows"] == 10


def test_the_pages_tell_what_is_wrong(films: HubServer, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    utility, diversity = app("synthetic_utility").answer, app("synthetic_diversity").answer
    blank = ("", "label", "", "")
    for told, message in (
        (utility("ada/films", "bob/none:test", "", *blank, "tfidf", 1), "The dataset 'bob/none:test' can't be read"),
        (utility("", "bob/films", "", *blank, "tfidf", 1), "synthetic: '' names no dataset"),
        (utility("ada/films", None, None, None, None, None, None, "tfidf", 1), "real_test: '' names no dataset"),
        (utility(str(tmp_path / "a.parquet"), "bob/films", "", *blank, "tfidf", 1), "files are not read here"),
        (utility("ada/films", "bob/films", "", "words, label", "", "", "", "tfidf", 1), "have to be different"),
        (
            utility("ada/films", "bob/films", "", *blank, "eve/pickles", 1),
            "Unknown classifier 'eve/pickles'. Known: tfidf",
        ),
        (utility("ada/films", "bob/films", "", *blank, "tfidf", 1e9), "1e+09 seeds are asked for; expected 1 to 5"),
        (diversity("ada/films", "", *blank, "eve/pickles", 10), "Unknown encoder 'eve/pickles'. Known: none, minilm"),
        (diversity("ada/films", "", *blank, "none", 0), "0 rows are asked for; expected 1 to 10,000"),
        (diversity("text:train", "", *blank, "none", 10), "synthetic: 'text:train' names no dataset"),
    ):
        assert message in told[0] and told[1] is None


@pytest.mark.parametrize("name", NAMES)
def test_the_page_asks_for_what_its_function_takes(name: str) -> None:
    pytest.importorskip("gradio")
    code = (
        f"from synth_builder.evaluate_modules.{name} import app; page = app.page(); "
        "print(len(page.input_components), len(page.output_components))"
    )
    # In a process of its own: what Gradio leaves open would be a warning in other tests.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(inspect.signature(app(name).answer).parameters)), "2"]
