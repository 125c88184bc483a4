"""`evaluate` loads the folders and gives the numbers of the commands."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("evaluate")
pytest.importorskip("sklearn")

import datasets
import evaluate

from synth_builder.errors import LeakedTestRowsError, ScoringError
from synth_builder.evaluate_modules import NAMES
from synth_builder.scoring.diversity.results import Diversity
from synth_builder.scoring.results.scores import Scores
from synth_builder.verbs.diversity import diversity
from synth_builder.verbs.score import score
from tests.evaluate_modules.module_folders import MODULES
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.verbs.same_rows import as_dataset, as_dictionaries, measured
from tests.verbs.toy_release import write_release

ROOT = Path(__file__).parents[2]
SYNTHETIC, TRAIN, TEST = toy_rows(16, "few_shot"), toy_rows(20, start=200), toy_rows(8, start=300)


@pytest.fixture(scope="module")
def utility() -> Any:
    return evaluate.load(str(MODULES / "synthetic_utility"))


@pytest.fixture(scope="module")
def variety() -> Any:
    return evaluate.load(str(MODULES / "synthetic_diversity"))


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return write_release(tmp_path / "toy-release")


def test_compute_gives_what_the_command_writes(utility: Any, release: Path) -> None:
    expected = score(release, ["few_shot"], classifier="tfidf", seeds=2)["few_shot"]
    found = utility.compute(
        synthetic=as_dataset(SYNTHETIC),
        real_test=as_dictionaries(TEST),
        real_train=as_dataset(TRAIN),
        classifier="tfidf",
        seeds=2,
    )
    assert measured(found) == measured(expected)
    assert [(one["regime"], one["real_rows"]) for one in found["results"]] == [
        ("synthetic", None),
        ("real", 20),
        ("augmented", 20),
    ]


def test_compute_with_an_encoder_gives_what_the_command_writes(utility: Any, release: Path, tmp_path: Path) -> None:
    for package in ("torch", "accelerate", "transformers"):
        pytest.importorskip(package)
    tiny = str(save_tiny_encoder(tmp_path / "tiny-encoder"))
    expected = score(release, ["few_shot"], classifier=tiny, seeds=1, regimes=["augmented"])["few_shot"]
    found = utility.compute(
        synthetic=as_dataset(SYNTHETIC),
        real_test=as_dataset(TEST),
        real_train=as_dataset(TRAIN),
        regimes=["augmented"],
        classifier=tiny,
        seeds=1,
    )
    assert measured(found) == measured(expected)


def test_diversity_gives_what_the_command_writes(variety: Any, release: Path) -> None:
    expected = diversity(release, ["few_shot"], encoder=None)["few_shot"]
    found = variety.compute(synthetic=as_dataset(SYNTHETIC), real=as_dataset(TRAIN), encoder=None)
    assert measured(found) == measured(expected)
    assert found["likeness"]["copy_rate"] == 0


def test_results_are_plain_json_with_a_schema(utility: Any, variety: Any, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    rows = {"synthetic": as_dataset(SYNTHETIC), "real_test": as_dataset(TEST)}
    scored = utility.compute(**rows, classifier="tfidf", seeds=1)
    spread = variety.compute(synthetic=rows["synthetic"], real=rows["real_test"], encoder=None)
    for found, record in ((scored, Scores), (spread, Diversity)):
        assert json.loads(json.dumps(found)) == found
        jsonschema.validate(found, record.model_json_schema())
        record.model_validate(found).write(tmp_path / "results.json")
        assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == found


def test_errors_are_those_of_the_package(utility: Any) -> None:
    with pytest.raises(LeakedTestRowsError):
        utility.compute(synthetic=as_dataset(TEST), real_test=as_dataset(TEST), classifier="tfidf")
    with pytest.raises(ScoringError, match=r"^real_test has no column 'text'; it has: sentence, label, id\."):
        utility.compute(
            synthetic=as_dataset(SYNTHETIC), real_test=as_dictionaries(TEST, "sentence"), classifier="tfidf"
        )


def test_what_evaluate_wants_to_know_of_a_module_is_there(utility: Any, variety: Any) -> None:
    for module, name in ((utility, "synthetic_utility"), (variety, "synthetic_diversity")):
        assert (module.name, module.module_type) == (name, "measurement")
        assert module.description.strip() and "arXiv" in module.citation
        assert "\nArgs:\n    synthetic:" in module.compute.__doc__
        for add in (module.add, module.add_batch):
            with pytest.raises(NotImplementedError, match=f"{name} takes whole data sets: give them to compute"):
                add(predictions=[1], references=[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_elsewhere_loads_without_network(name: str, tmp_path: Path) -> None:
    """As a Space's clone would be, in a process that has seen nothing of it; no address is let through."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / f"{name}.py").write_bytes((MODULES / name / f"{name}.py").read_bytes())
    code = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        f"import evaluate\nprint(evaluate.load({str(folder)!r}).name)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, name), done.stderr


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_page_in_the_docs_does_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    first, second, pushing = blocks(ROOT / "docs" / "evaluate.md")
    exec(first + second, names)
    assert capsys.readouterr().out == "1.0\n"
    assert Scores.read(tmp_path / "scores.json") == Scores.model_validate(names["found"])
    compile(pushing, "docs/evaluate.md", "exec")


@pytest.mark.parametrize(("name", "printed"), [(NAMES[0], "0.5\n"), (NAMES[1], "1.0\n")])
def test_the_examples_of_the_cards_give_what_they_say(
    name: str, printed: str, utility: Any, variety: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = [block for block in blocks(MODULES / name / "README.md") if "print(" in block]
    assert f"# {printed.strip()}" in example
    exec(example, {"utility": utility, "diversity": variety})
    assert capsys.readouterr().out == printed


def test_an_argument_that_is_mistyped_is_told_the_nearest(utility: Any, variety: Any) -> None:
    rows = as_dataset(SYNTHETIC)
    with pytest.raises(ScoringError, match=r"^compute\(\) has no argument 'classifer'\. Did you mean 'classifier'\?"):
        utility.compute(synthetic=rows, real_test=rows, classifer="tfidf")
    with pytest.raises(ScoringError, match=r"^compute\(\) has no argument 'encode'\. Did you mean 'encoder'\?"):
        variety.compute(synthetic=rows, encode=None)
