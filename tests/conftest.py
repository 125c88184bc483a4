import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before anything imports `datasets` or `huggingface_hub`: both read these once. Child processes inherit them.
_CACHE = tempfile.mkdtemp(prefix="synth-builder-tests-")
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
os.environ["HF_HOME"] = _CACHE
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
for _name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_DATASETS_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
    os.environ.pop(_name, None)

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from synth_builder.recipes.recipe import Recipe  # noqa: E402
from tests.servers.hub import HubServer  # noqa: E402
from tests.servers.hub_clients import pointed_at  # noqa: E402
from tests.small_tasks import one_column_task, two_column_task  # noqa: E402

# The same draws in each run: a test is red because of a change, not because of luck. `make fuzz` draws anew.
hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.register_profile("fresh", derandomize=False, print_blob=True)
hypothesis.settings.load_profile("repeatable")

_connect = socket.socket.connect


def _connect_to_loopback(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test wanted to connect to {address!r}; only loopback is allowed")
    _connect(self, address)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves this machine."""
    monkeypatch.setattr(socket.socket, "connect", _connect_to_loopback)


@pytest.fixture
def one_column(tmp_path: Path) -> dict[str, Any]:
    """A recipe of a task with one text column, as plain values; its real rows stand in `tmp_path`."""
    return one_column_task(tmp_path)


@pytest.fixture
def two_columns(tmp_path: Path) -> dict[str, Any]:
    """A recipe of a task with two text columns, as plain values; its real rows stand in `tmp_path`."""
    return two_column_task(tmp_path)


@pytest.fixture
def recipe(one_column: dict[str, Any], tmp_path: Path) -> Recipe:
    """The recipe of the one-column task."""
    return Recipe.from_dict(one_column, directory=tmp_path)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    """A loopback Hub to which `huggingface_hub` and `datasets` talk, as ada; bob has a token, too."""
    server = HubServer(tokens={"hf_ada": "ada", "hf_bob": "bob"})
    with server.in_thread() as url, pointed_at(url, tmp_path / "hf_home", "hf_ada"):
        yield server
