import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from synth_builder.errors import PublishError
from synth_builder.publishing.place import Content
from synth_builder.publishing.version import Version
from synth_builder.releases.split_files import file_hash

MANIFEST = "version.json"
_FORMAT = 1
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """
    What a file holds.

    Args:
        sha256 (`str`):
            Its hash.
        size (`int`):
            Its bytes.
    """

    sha256: str
    size: int

    @classmethod
    def of(cls, content: Content) -> Self:
        """The entry of bytes, or of a file."""
        if isinstance(content, bytes):
            return cls(hashlib.sha256(content).hexdigest(), len(content))
        return cls(file_hash(content), content.stat().st_size)


@dataclass(frozen=True)
class Manifest:
    """
    What a version in a folder consists of.

    Args:
        version (`Version`):
            The version.
        parent (`Version`, *optional*):
            The one that it was made from; `None` for the first.
        title (`str`):
            One line on what changed.
        files (`Mapping[str, Entry]`):
            Path -> what the file holds, of every file but the manifest.
    """

    version: Version
    parent: Version | None
    title: str
    files: Mapping[str, Entry]

    def to_json(self) -> bytes:
        """The manifest as it is written; the same one always gives the same bytes."""
        value = {
            "format": _FORMAT,
            "version": self.version.tag,
            "parent": self.parent.tag if self.parent else None,
            "title": self.title,
            "files": {
                path: {"sha256": entry.sha256, "size": entry.size} for path, entry in sorted(self.files.items())
            },
        }
        return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """
        Read one. No path of it leads out of its folder.

        Args:
            data (`bytes`):
                What `to_json` gave.
            where (`str`):
                What to call it in messages.

        Raises:
            PublishError: It is none, or from another version of this package.
        """
        try:
            value = json.loads(data)
        except ValueError as error:
            raise PublishError(f"{where} is damaged: it is no JSON ({error}). Put the file back as it was.") from error
        form = value.get("format") if isinstance(value, dict) else None
        if form != _FORMAT:
            raise PublishError(
                f"{where} has the form {form!r}, expected {_FORMAT}: it is not of this version of synth-builder. Use "
                "a newer one, or name another folder."
            )
        try:
            return cls(
                Version.parse(value["version"]),
                Version.parse(value["parent"]) if value["parent"] is not None else None,
                str(value["title"]),
                {_path(path): _entry(told) for path, told in value["files"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, PublishError) as error:
            raise PublishError(f"{where} is damaged ({error}). Put the file back as it was.") from error


def _path(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or str(pure) != path or "\\" in path or path in (".", MANIFEST):
        raise ValueError(f"{path!r} is no path of a version's file")
    return path


def _entry(told: Mapping[str, Any]) -> Entry:
    sha, size = told["sha256"], told["size"]
    if not isinstance(sha, str) or not _SHA.fullmatch(sha) or not isinstance(size, int) or size < 0:
        raise ValueError(f"{told!r} is no hash and size")
    return Entry(sha, size)
