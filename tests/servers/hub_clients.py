"""
Pointing the real client libraries at the loopback Hub.

Both read their settings when they are imported: huggingface_hub then looks at `huggingface_hub.constants` in every
call, datasets at `datasets.config`. So a child process gets an environment, and a test's own process other values in
those two modules. Xet is off in both: it is a protocol of its own, with which this Hub does not speak.
"""

import contextlib
import os
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

_FOREIGN = ("HF_", "HUGGING", "DATASETS_", "TRANSFORMERS_OFFLINE")


def environment(url: str, home: Path, token: str | None = None) -> dict[str, str]:
    """
    The environment of a child process.

    Args:
        url (`str`):
            URL of the Hub.
        home (`Path`):
            Folder for `HF_HOME`: caches, and no login of the user who runs the tests.
        token (`str`, *optional*):
            Token that the process uses; nobody is logged in when not given.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    settings = {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
    }
    return kept | settings | ({"HF_TOKEN": token} if token else {})


def in_child(code: str, url: str, home: Path, token: str | None = None) -> str:
    """Run Python code in a process that is pointed at the Hub; gives what it printed. Raises when it fails."""
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment(url, home, token),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


@contextlib.contextmanager
def pointed_at(url: str, home: Path, token: str | None = None) -> Iterator[None]:
    """Point the clients in this process at the Hub, for a while. Arguments as for `environment`."""
    from huggingface_hub import close_session

    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        _point(monkeypatch, url, home, token)
        close_session()
        try:
            yield
        finally:
            close_session()


def _point(monkeypatch: pytest.MonkeyPatch, url: str, home: Path, token: str | None) -> None:
    # datasets comes first: were it imported later, it would keep this test's values for all that follow.
    import datasets.config
    import huggingface_hub.hf_api
    from huggingface_hub import HfFileSystem, constants

    files = "/{repo_id}/resolve/{revision}/{filename}"
    for name, value in {
        "ENDPOINT": url,
        "HUGGINGFACE_CO_URL_TEMPLATE": url + files,
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_TOKEN_PATH": str(home / "token"),
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setattr(huggingface_hub.hf_api.api, "endpoint", url)
    for name, value in {
        "HF_ENDPOINT": url,
        "HUB_DATASETS_URL": url + "/datasets/{repo_id}/resolve/{revision}/{path}",
        "HF_HUB_OFFLINE": False,
        "HF_DATASETS_OFFLINE": False,
        "HF_DATASETS_CACHE": home / "datasets",
        "HF_MODULES_CACHE": home / "modules",
    }.items():
        monkeypatch.setattr(datasets.config, name, value)
    HfFileSystem.clear_instance_cache()  # it remembers listings by URL and token, and ports come again
    for name, value in environment(url, home, token).items():
        if name.startswith(_FOREIGN):
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if token is None:
        monkeypatch.delenv("HF_TOKEN", raising=False)
    # Of huggingface_hub's own making, in every upload.
    warnings.filterwarnings("ignore", message="Use 'content=<...>'", category=DeprecationWarning)


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """
    `HF_HUB_OFFLINE`, for a while. Not by the fixture `monkeypatch`: set up before the Hub, it would put back the Hub's
    value after the Hub has gone.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        yield
