"""The README and the docs are tried: what they tell to run is run, their links and numbers are checked."""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_builder.cli import publish, score
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.yaml_text import read_yaml
from synth_builder.studies.study import Study
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
URL_IN_DOCS = "http://127.0.0.1:8080"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def synth_builder_commands(text: str) -> list[list[str]]:
    lines = [line for block in blocks(text, "bash") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("synth-builder ")]


@pytest.fixture
def url() -> Iterator[str]:
    with TGIServer(responder=row_writer(["text"])).in_thread() as url:
        yield url


def run(code: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_DATASETS_CACHE": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, *code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_what_the_readme_tells_to_run_works_in_its_order(tmp_path: Path, url: str) -> None:
    commands = [words for words in synth_builder_commands(README) if words[0] in ("init", "preview", "build")]
    assert [words[0] for words in commands] == ["init", "preview", "build"]
    for words in commands:
        done = run(["-m", "synth_builder", *(word.replace(URL_IN_DOCS, url) for word in words)], tmp_path)
        assert done.returncode == 0, done.stderr
    code = "\n".join(blocks(README, "python"))
    assert "load_dataset" in code and "synth_builder.build" in code
    done = run(["-W", "error", "-c", code.replace(URL_IN_DOCS, url)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_score_command_of_the_readme_is_one_that_the_parser_takes() -> None:
    commands = [words for words in synth_builder_commands(README) if words[0] == "score"]
    assert commands
    parser = argparse.ArgumentParser(exit_on_error=False)
    score.add_arguments(parser)
    for words in commands:
        parser.parse_args(words[1:])


def test_the_publish_commands_of_the_docs_are_ones_that_the_parser_takes() -> None:
    parser = argparse.ArgumentParser()
    publish.add_arguments(parser)
    commands = [words[1:] for words in synth_builder_commands(README) if words[0] == "publish"]
    text = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
    commands += [words.split() for words in re.findall(r"`synth-builder publish ([^`]*)`", text)]
    assert len(commands) >= 4
    for words in commands:
        assert parser.parse_args(words).repo in ("USER/NAME", "ada/films")


def test_the_recipes_and_studies_in_the_docs_can_be_read() -> None:
    found = [block for path in DOCS for block in blocks(path.read_text(encoding="utf-8"), "yaml")]
    studies = [block for block in found if block.startswith("name:") and "\ntasks:" in block]
    assert studies
    for block in studies:
        Study.parse(read_yaml(block, "a study of the docs"), "A study of the docs")
    whole = [block for block in found if block.startswith("name:") and block not in studies]
    assert whole
    for block in whole:
        Recipe.from_dict(read_yaml(block, "a recipe of the docs"), check_files=False)
    parts = [block for block in found if block.startswith("variants:")]
    assert len(parts) >= 3
    for part in parts:
        data = read_yaml(whole[0], "a recipe") | read_yaml(part, "a part")
        assert Recipe.from_dict(data, check_files=False).variants


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert local or path.name != "README.md"
    for target in local:
        assert (path.parent / target).exists(), target


def test_the_numbers_of_the_readme_are_those_of_the_results_files() -> None:
    found = 0
    for name in ("demo", "sst2"):
        results = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        assert f"{results['majority']['accuracy']:.3f}" in README
        for variant, scored in results["variants"].items():
            for title, result in scored["results"].items():
                accuracy = f"{result['accuracy']['mean']:.3f} ± {result['accuracy']['std']:.3f}"
                of_variant = "synthetic" in title
                trained_on = f"`{variant}`, {title}" if of_variant else title
                assert f"| {trained_on} | {result['train_rows']} | {accuracy} |" in README, (name, variant, title)
                found += 1
    assert found >= 12


def test_the_numbers_about_verification_are_those_of_the_results_file() -> None:
    page = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "verification.json").read_text(encoding="utf-8"))
    classifier = results["by_classifier"]
    by_least = classifier["by_min_probability"]
    measured = [(classifier["rows"], by_least["0.25"]), (classifier["rows"], by_least["0.5"])]
    measured += [(found["rows"], found) for found in results["by_model"]]
    for rows, found in measured:
        assert f"| {rows} | {found['right_labels_accepted']:.1%} | {found['wrong_labels_rejected']:.1%} |" in page
    held, free = results["by_model"]
    assert f"{held['right_votes']:.1%} of its votes are right" in page
    assert f"{free['votes_given']['not readable']} of {free['votes']} answers are sentences" in page


def test_the_numbers_about_methods_of_scoring_are_those_of_the_results_file() -> None:
    page = (ROOT / "docs" / "classifiers.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "methods.json").read_text(encoding="utf-8"))
    names = {
        "fine_tuning": "fine-tuning",
        "probe": "probe",
        "probe_with_a_full_cache": "probe, embeddings kept",
        "tfidf": "TF-IDF",
    }
    for key, name in names.items():
        found = results["methods"][key]
        faster = results["times_as_fast_as_fine_tuning"].get(key, {"by_clock": 1, "by_cpu_time": 1})
        alike = results["rank_correlation_with_fine_tuning"].get(key.removesuffix("_with_a_full_cache"))
        ranks = f"{alike['all']['rho']:.2f} | {alike['generated']['rho']:.2f}" if alike else " | "
        cpu, clock = found["cpu_seconds_per_run"], found["seconds_per_run"]
        row = f"| {name} | {cpu:.2f} | {clock:.2f} | {faster['by_cpu_time']:.0f} | {ranks} |"
        assert row in page, row
    assert results["times_as_fast_as_fine_tuning"]["probe"]["by_cpu_time"] >= 20


def test_the_numbers_of_the_page_about_performance_are_those_of_the_results_files() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "generation.json").read_text(encoding="utf-8"))["results"]
    clean = [result for result in results if result["case"] == "clean"]
    assert [result["rows"] for result in clean] == [2_000, 20_000, 200_000]
    for result in clean:
        bare, build = result["bare_loop"], result["build"]
        assert (
            f"| {result['rows']:,} | {bare['seconds']:.1f} s, {bare['rows_per_second']:,.0f} rows/s | "
            f"{build['seconds']:.1f} s, {build['rows_per_second']:,.0f} rows/s | {result['ratio']:.2f} |"
        ) in page
        assert f"| {build['peak_mb']:.0f} MB | {build['first_request']:.1f} s |" in page
    for result in results[:4]:
        assert f"| {result['case']} |" in page
        assert f"| {result['build']['seconds']:.1f} s | {result['build']['requests']:,} |" in page
    read = json.loads((ROOT / "benchmarks" / "results" / "prefixes.json").read_text(encoding="utf-8"))["variants"]
    for name, found in read.items():
        embedded, cached = found["share_read_by_the_embedded_engine"], found["share_read_with_a_prefix_cache"]
        assert f"| {name} | {embedded:.0%} | {cached:.0%} |" in page


def test_the_numbers_about_engines_are_those_of_the_results_files() -> None:
    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    replies = json.loads((ROOT / "benchmarks" / "results" / "structured.json").read_text(encoding="utf-8"))["replies"]
    names = {"embedded": "`embedded`"} | {
        name: f"`openai`, {name}" for name in ("llama-cpp-python", "transformers serve")
    }
    assert set(replies) == set(names)
    for engine, found in replies.items():
        enforced = "yes" if found["schema_is_promised"] else "no"
        for task, forms in found["tasks"].items():
            tagged, free, asked = (
                forms[form] for form in ("tagged lines, no grammar", "JSON, no grammar", "JSON under the grammar")
            )
            assert (
                f"| {names[engine]} | {task} | {tagged['rows']} | {free['rows']} | {asked['rows']} of "
                f"{asked['replies']} | {enforced} |"
            ) in page
    servers = json.loads((ROOT / "benchmarks" / "results" / "serve.json").read_text(encoding="utf-8"))["servers"]
    assert len(servers) == 2
    for server, found in servers.items():
        for way, build in ((names[server], found["served"]), (names["embedded"], found["embedded"])):
            assert (
                f"| {way} | {build['rows']} | {build['asked']} | {build['seconds']:.0f} s | "
                f"{build['replies_per_second']:.2f} |"
            ) in page
    served = servers["transformers serve"]["served"]
    assert f"{served['rejected']['duplicate']} of {served['asked']} replies were duplicates" in page


def texts_in(value: object) -> Iterator[str]:
    """Every text and number of a results file; of what is named, the names with it."""
    if isinstance(value, dict):
        yield "{" + ", ".join(f"{key}: {one}" for key, one in value.items()) + "}"
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts_in(one)
    else:
        yield str(value)


def told_of(variants: dict[str, Any]) -> str:
    """What a page may quote of these variants, in the lines that `build` and `inspect` make of it."""
    told = [text for variant in variants.values() for text in texts_in(variant)]
    for name, variant in variants.items():
        for one in variant["rejections"]:
            told.append(f"{one['slot']} draw {one['draw']}  {one['label']}  {one['reason']}: {one['detail']}")
        for filter_name, count in variant["filters"].items():
            rejected, reached = count["rejected"], count["reached"]
            share = rejected / reached if reached else 0
            told.append(f"    {filter_name:<21}{rejected:>5}  {share:.1%} of {reached} that reached it")
            told.append(
                f"WARNING: in {name} the filter {filter_name} rejected {share:.0%} of the rows that reached it "
                f"({rejected} of {reached}). Are the prompt and the filter's options right? For example:"
            )
    return "\n".join(told)


def examples() -> dict[str, Any]:
    results = json.loads((ROOT / "benchmarks" / "results" / "examples.json").read_text(encoding="utf-8"))
    assert list(results["variants"]) == list(Recipe.load(ROOT / "benchmarks" / "examples.yaml").variants)
    variants: dict[str, Any] = results["variants"]
    return variants


@pytest.mark.parametrize("page", ["strategies", "filters"])
def test_what_a_page_quotes_of_the_model_stands_in_the_results_file(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    pieces = 0
    for section in re.split(r"^##+ `", text, flags=re.MULTILINE)[1:]:
        name = section.partition("`")[0]
        made_by = {"rows_per_request": "zero_shot"}.get(name, name)
        told = told_of(
            {
                key: found
                for key, found in examples().items()
                if made_by == found["strategy"] or made_by in found["filters"]
            }
        )
        for line in "\n".join(blocks(section, "text")).splitlines():
            # Cells stand two spaces apart, and "[...]" stands for what was left out.
            for piece in re.split(r" {2,}|\[\.\.\.\]", re.sub(r"^    raw reply: ", "", line)):
                assert piece.strip() in told, (name, line)
                pieces += bool(piece.strip())
    assert pieces >= 30


def test_the_numbers_about_examples_are_those_of_the_results_file() -> None:
    found = examples()
    strategies = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    several, shown, said = (found[name] for name in ("three_per_request", "conversation_with_real_rows", "paraphrase"))
    assert (
        f"{several['asked']} rows were asked for to get {several['rows_accepted']}, because the model seldom wrote a "
        f"list as it was asked to: {several['rejected']['malformed']} were `malformed` and "
        f"{several['rejected']['cut']} `cut`"
    ) in strategies
    assert f"{shown['rejected']['demonstration_copy']} of {shown['asked']} replies was a copy" in strategies
    assert (
        f"{said['asked']} replies gave {said['rows_accepted']} rows ({said['rejected']['drift']} `drift`, "
        f"{said['rejected']['copy']} `copy`)"
    ) in strategies
    listed = ", ".join(f'"{item}"' for item in found["attributes"]["facts"]["attributes"]["item"])
    assert f"listed these five items, which shows why one looks at a list before building: {listed}." in strategies
    words = found["template"]["facts"]["lexicons"]["billing"]["word"]
    assert ", ".join(f'"{word}"' for word in words[:-1]) + f' and "{words[-1]}"' in strategies

    filters = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
    counts = {
        name: found[variant]["filters"][of_filter]
        for name, variant, of_filter in (
            ("pii", "with_phone_numbers", "pii"),
            ("alike", "much_alike", "semantic_duplicates"),
            ("model", "verified_by_model", "verification"),
            ("classifier", "verified_by_classifier", "verification"),
        )
    }
    assert f"Of the {len(found['in_french']['rows'])} rows that stayed" in filters
    assert f"{counts['pii']['rejected']} of {counts['pii']['reached']} rows were rejected" in filters
    assert (
        f"of {counts['alike']['reached']} rows that had passed `duplicates` {counts['alike']['rejected']} was"
        in filters
    )
    assert f"Of the {found['much_alike']['pairs']['people']['rows']} messages that people wrote" in filters
    assert (
        f"`by: model` rejected {counts['model']['rejected']} of {counts['model']['reached']} rows "
        f"(`verified_by_model`), `by: classifier` {counts['classifier']['rejected']} of "
        f"{counts['classifier']['reached']} (`verified_by_classifier`)"
    ) in filters


def test_each_dataset_script_has_a_card_and_loads() -> None:
    scripts = sorted((ROOT / "dataset_scripts").glob("*.yaml"))
    assert len(scripts) == 7
    for script in scripts:
        recipe = Recipe.load(script)
        assert recipe.name == script.stem
        assert {"zero_shot", "zero_shot_topic", "one_shot", "few_shot"} <= set(recipe.variants)
        assert (ROOT / "cards" / f"{script.stem}.md").is_file()


def test_every_filter_strategy_and_engine_stands_in_the_docs() -> None:
    from synth_builder.registry import ENGINES, FILTERS, STRATEGIES

    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    engines = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    strategies = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    for name in STRATEGIES.table:
        _, _, section = strategies.partition(f"\n## `{name}`\n")
        own = set(STRATEGIES.get(name).Options.model_fields) - {"label_mode", "extra_instruction", "rows_per_request"}
        assert (
            section and {option for option in own if f"| `{option}` |" not in section.partition("\n## ")[0]} == set()
        )
    for name in [*FILTERS.table, *STRATEGIES.table]:
        assert f"| `{name}` |" in recipes, name
    for name in ENGINES.table:
        assert f"| `{name}` |" in engines, name
