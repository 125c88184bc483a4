import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_builder import registry
from tests.scoring.tiny_encoder import save_tiny_encoder

Register = Callable[[str, str], None]


@pytest.fixture
def register_scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """Install a package with one scorer, as pip would: a module with a function `score`, and its entry point."""
    site = tmp_path / "site"

    def register(name: str, source: str) -> None:
        folder = site / f"scorer_{name}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: scorer-{name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[synth_builder.scorers]\n{name} = scorer_{name}:score\n")
        (site / f"scorer_{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.delitem(sys.modules, f"scorer_{name}", raising=False)
        monkeypatch.syspath_prepend(str(site))
        registry._plugins.cache_clear()

    yield register
    registry._plugins.cache_clear()
    for module in [module for module in sys.modules if module.startswith("scorer_")]:
        del sys.modules[module]


@pytest.fixture(scope="session")
def encoder_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder"))


@pytest.fixture
def by_direction(
    request: pytest.FixtureRequest, encoder_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """An encoder that looks vectors up in the test file's `DIRECTIONS`; returns the texts that it was asked for."""
    import numpy as np

    from synth_builder.filters.sentence_encoder import SentenceEncoder

    asked: list[str] = []

    def embed(self: SentenceEncoder, text: str) -> Any:
        asked.append(text)
        return np.array([*request.module.DIRECTIONS[text], *[0.0] * 30], np.float32)

    monkeypatch.setattr(SentenceEncoder, "embed", embed)
    return asked
