import os
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from synth_builder.errors import JournalError, RecipeError
from synth_builder.filesystems import (
    WITHOUT_FOLDERS,
    filesystem_errors,
    holds_password,
    open_filesystem,
    protocol_of,
)

AGAIN = "What was stored is kept: put that right, and run the same again to go on from there."

_PART = ".part-"


class SharedStorage:
    """
    A folder that the machines of a cluster reach by URL, each with the credentials of its own environment. Files
    appear there whole or not at all, and are never appended to.

    Args:
        url (`str`):
            A URL that fsspec knows, or the path of a folder.

    Raises:
        RecipeError: It is neither, holds a secret, or the package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        protocol = protocol_of(self.url)
        assert protocol is not None  # `_checked` makes a URL of a path
        self._fs: Any
        self._fs, self._root = open_filesystem(self.url, protocol, RecipeError, AGAIN)
        self._has_folders = protocol not in WITHOUT_FOLDERS

    def below(self, folder: str) -> "SharedStorage":
        """A folder of this one."""
        return SharedStorage(f"{self.url}/{folder}")

    def names(self, folder: str) -> list[str]:
        """Paths of all files below a folder, relative to it; empty when it is not there."""
        top = self._at(folder).strip("/")
        with self._errors():
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(self._at(folder))
            except FileNotFoundError:
                return []
        names = (str(path).strip("/").removeprefix(f"{top}/") for path in found)
        return sorted(name for name in names if _PART not in name)

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, without looking into them; empty when it is not there."""
        with self._errors():
            self._fs.invalidate_cache()
            try:
                found = self._fs.ls(self._at(folder), detail=True)
            except FileNotFoundError:
                return []
        return sorted(str(one["name"]).rstrip("/").rpartition("/")[2] for one in found if one["type"] == "directory")

    def download(self, path: str, target: Path) -> None:
        """
        Bring a file to this machine.

        Raises:
            FileNotFoundError: It is not there.
            JournalError: It can't be read.
        """
        with self._errors():
            self._fs.get_file(self._at(path), str(target))

    def upload(self, source: Path, path: str) -> None:
        """
        Store a file; one that is there is replaced.

        Raises:
            JournalError: It can't be written.
        """
        target = self._at(path)
        try:
            with self._errors():
                if not self._has_folders:
                    self._fs.put_file(str(source), target)
                    return
                # A kill in the middle leaves half a file, under a name that nobody reads.
                half = f"{target}{_PART}{uuid.uuid4().hex}"
                self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
                self._fs.put_file(str(source), half)
                self._fs.mv(half, target)
        except FileNotFoundError as error:
            raise JournalError(
                f"{self.url} can't be written to ({error}): its bucket, or a folder above it, is not there. Make it "
                "first, and run the same again."
            ) from error

    def remove(self, paths: Iterable[str] = ("",)) -> None:
        """
        Remove files or folders, all there is when none is named.

        Raises:
            JournalError: It is not allowed, or the storage is gone.
        """
        for path in paths:
            with self._errors():
                self._fs.invalidate_cache()
                try:
                    self._fs.rm(self._at(path), recursive=True)
                except FileNotFoundError:
                    continue  # somebody else has done it

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _errors(self) -> AbstractContextManager[None]:
        return filesystem_errors(self.url, JournalError, AGAIN)


def _checked(url: str) -> str:
    """A URL without a secret. What might hold one is not quoted."""
    if protocol_of(url) is None:
        if not url.strip() or "://" in url or "::" in url:
            raise RecipeError(
                "--storage can't be read; expected one URL, such as s3://bucket/folder, or the path of a folder."
            )
        return f"file://{os.path.abspath(Path(url).expanduser())}"
    if protocol_of(url) in ("file", "local"):
        return url.rstrip("/")
    if holds_password(url) or "?" in url or "#" in url:
        raise RecipeError(
            "The URL of --storage holds a password or a query, which would stand in messages; leave it out, and give "
            "credentials in the environment or in fsspec's settings, on each machine."
        )
    if protocol_of(url) == "hf":
        raise RecipeError(f"{url} lies on the Hub, where each file is a commit; name another storage.")
    return url.rstrip("/")
