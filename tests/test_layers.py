"""Imports go down only; files stay small; names say what is in them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import synth_builder

ROOT = Path(synth_builder.__file__).parent

# From the top to the bottom: a module may import those of lower lines, and of its own group.
LAYERS = [
    ["cli"],
    ["studies"],
    ["evaluate_modules"],
    ["verbs"],
    ["publishing"],
    ["builder"],
    ["releases"],
    ["distributed"],
    ["generation"],
    ["strategies", "filters"],
    ["engines", "scoring"],
    ["recipes"],
    ["progress"],
    ["registry"],
    ["filesystems"],
    ["extras"],
    ["errors"],
]
HEIGHT = {group: len(LAYERS) - line for line, groups in enumerate(LAYERS) for group in groups}
NAMES_WITHOUT_MEANING = {"utils", "util", "helpers", "helper", "common", "misc"}
MOST_LINES = 400


def modules() -> dict[str, str]:
    """Name of each module of the package -> its source."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imported(source: str) -> Iterator[str]:
    """Modules of the package that a source imports, anywhere but under `if TYPE_CHECKING`."""
    for statement in _statements(ast.parse(source).body):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, "a relative import"
            module = statement.module or ""
            yield from (
                (f"{module}.{alias.name}" for alias in statement.names) if module == "synth_builder" else [module]
            )


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _statements(statement.orelse)
            continue
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))
        for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            yield from _statements(inner.body)


def violations(sources: dict[str, str]) -> list[str]:
    """Imports that go up or sideways, as `importer -> imported`."""
    found = []
    for name, source in sources.items():
        group = [*name.split("."), ""][1]
        if group in ("", "__main__"):
            continue  # the package itself imports nothing before it is asked; __main__ is the command line
        for module in imported(source):
            package, _, rest = module.partition(".")
            other = rest.split(".")[0]
            if package != "synth_builder" or other in ("", "__version__", group):
                continue
            if HEIGHT[other] >= HEIGHT[group]:
                found.append(f"{name} -> {module}")
    return found


def test_imports_go_down_only() -> None:
    sources = modules()
    assert len(sources) > 30
    assert sum(module.startswith("synth_builder.") for source in sources.values() for module in imported(source)) > 100
    assert violations(sources) == []


def test_every_group_has_its_layer() -> None:
    assert {name.split(".")[1] for name in modules() if "." in name} - {"__main__"} <= set(HEIGHT)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("synth_builder.recipes.task", "from synth_builder.engines.base import Request"),
        ("synth_builder.recipes.task", "import synth_builder.cli.main"),
        ("synth_builder.recipes.task", "from synth_builder import builder"),
        ("synth_builder.errors", "from synth_builder.registry import nearest"),
        ("synth_builder.scoring.score", "def later():\n    from synth_builder.engines.base import Engine"),
        (
            "synth_builder.filters.length",
            "try:\n    pass\nexcept ValueError:\n    import synth_builder.strategies.base",
        ),
        ("synth_builder.releases.card.card", "class A:\n    def f(self):\n        import synth_builder.builder"),
        (
            "synth_builder.verbs.build",
            "if x:\n    pass\nelse:\n    with y:\n        import synth_builder.studies.grid",
        ),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(name: str, source: str) -> None:
    assert len(violations({name: source})) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("synth_builder.cli.build", "from synth_builder.verbs.build import build"),
        ("synth_builder.releases.card.card", "from synth_builder import __version__\nimport synth_builder"),
        ("synth_builder.filters.length", "from synth_builder.filters.base import Filter\nimport json"),
        ("synth_builder.recipes.task", "if TYPE_CHECKING:\n    from synth_builder.cli.main import main"),
    ],
)
def test_an_import_that_goes_down_is_none_of_them(name: str, source: str) -> None:
    assert violations({name: source}) == []


def test_files_are_small() -> None:
    lengths = {name: len(source.splitlines()) for name, source in modules().items()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
    tests = {
        str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in Path(__file__).parent.rglob("*.py")
    }
    assert {name: lines for name, lines in tests.items() if lines > MOST_LINES} == {}


def test_no_module_has_a_name_without_meaning() -> None:
    assert [name for name in modules() if NAMES_WITHOUT_MEANING.intersection(name.split("."))] == []


def test_public_names_are_exactly_what_can_be_imported() -> None:
    namespace: dict[str, object] = {}
    exec("from synth_builder import *", namespace)
    namespace.pop("__builtins__")
    assert sorted(namespace) == sorted(synth_builder.__all__) == sorted(synth_builder._HOME)
    for name in synth_builder.__all__:
        assert namespace[name] is getattr(synth_builder, name)
    public = {name for name in dir(synth_builder) if not name.startswith("_")}
    groups = {path.stem for path in ROOT.iterdir()}
    assert public - groups - {"importlib", "Any", "TYPE_CHECKING"} == set(synth_builder.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Recipes'"):
        synth_builder.Recipes  # noqa: B018
