"""Small releases to publish, and an empty place in memory."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.releases.folder import ReleaseFolder
from tests.publishing.releases import built


@pytest.fixture
def few_shot(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    return built(one_column, tmp_path, "few_shot", out="few_shot")


@pytest.fixture
def zero_shot(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    return built(one_column, tmp_path, "zero_shot", out="zero_shot")


@pytest.fixture
def memory() -> Iterator[str]:
    name = f"films-{uuid.uuid4().hex}"
    yield f"memory://{name}"
    fsspec.filesystem("memory").store.clear()
