import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from synth_builder.errors import PublishError

LONGEST = 3600.0
"""Seconds that the download of one variant may take."""


def verify(source: str, arguments: Mapping[str, str], provenances: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Load published variants with `load_dataset` in a process of its own and with empty caches, and compare their rows
    with what was built.

    Args:
        source (`str`):
            What `load_dataset` takes.
        arguments (`Mapping[str, str]`):
            Further arguments of it, such as the revision.
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it.

    Raises:
        PublishError: A variant can't be loaded, or its rows are others.
    """
    for name, provenance in provenances.items():
        task = provenance["task"]
        asked = {
            "source": source,
            "variant": name,
            "arguments": dict(arguments),
            "columns": [*task["columns"], task["label_column"]],
        }
        found = _loaded(name, asked)
        expected = {split: told["rows_sha256"] for split, told in provenance["splits"].items()}
        if found != expected:
            wrong = sorted(split for split in {*found, *expected} if found.get(split) != expected.get(split))
            raise PublishError(
                f"{name!r} was published, but what load_dataset({source!r}, {name!r}) gives is not what was built "
                f"(splits: {', '.join(wrong)}). Look at the files there before you tell anybody."
            )


def _loaded(name: str, asked: Mapping[str, Any]) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="synth-builder-") as empty:
        folder = os.path.join(empty, "folder")
        os.mkdir(folder)
        caches = {key: os.path.join(empty, key) for key in ("HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_XET_CACHE")}
        bars = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        try:
            child = subprocess.run(
                [sys.executable, "-m", "synth_builder.publishing.reload"],
                input=json.dumps({**asked, "folder": folder}),
                env=os.environ | caches | bars,
                capture_output=True,
                text=True,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired as error:
            raise PublishError(f"{name!r} was published, but loading it took more than {LONGEST:g} s.") from error
    if child.returncode != 0:
        last = child.stderr.strip().splitlines()[-1:] or ["no message"]
        raise PublishError(
            f"{name!r} was published, but load_dataset({asked['source']!r}, {name!r}) fails: {last[0]} Run `publish` "
            "again to have it checked again."
        )
    found: dict[str, str] = json.loads(child.stdout.strip().splitlines()[-1])
    return found
