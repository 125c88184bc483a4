from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from synth_builder.errors import PublishError
from synth_builder.filesystems import WITHOUT_FOLDERS, holds_password, open_filesystem
from synth_builder.publishing.place import Content
from synth_builder.publishing.storage import AGAIN, Storage, storage_errors


class RemoteStorage(Storage):
    """
    A folder that fsspec reaches by URL, with the credentials that the environment holds.

    Args:
        url (`str`):
            The URL.
        protocol (`str`):
            What stands before its `://`.

    Raises:
        PublishError: Nobody knows that protocol, or the package for it is not installed.
    """

    def __init__(self, url: str, protocol: str) -> None:
        if holds_password(url):
            raise PublishError(
                "The URL holds a password, which would stand in cards and messages; leave it out, and give it in the "
                "environment or in fsspec's settings."
            )
        super().__init__(url.rstrip("/"))
        if protocol == "hf":
            raise PublishError(f"{self.name} lies on the Hub; publish there with --repo.")
        self._fs, self._root = open_filesystem(self.name, protocol, PublishError, AGAIN)
        self._has_folders = protocol not in WITHOUT_FOLDERS

    @property
    def local(self) -> None:
        """It is elsewhere."""
        return None

    def make(self) -> None:
        """Make the folder; a bucket is never made."""
        if self._has_folders:
            with self._errors():
                self._fs.makedirs(self._root, exist_ok=True)

    def names(self, folder: str = "") -> list[str]:
        """Names in a folder."""
        path = self._at(folder) if folder else self._root
        with self._errors():
            self._fs.invalidate_cache()
            try:
                found = self._fs.ls(path, detail=False)
            except FileNotFoundError:
                return []
        names = {str(name).rstrip("/").rpartition("/")[2] for name in found if str(name).strip("/") != path.strip("/")}
        return sorted(names)

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        with self._errors():
            self._fs.invalidate_cache()
            try:
                info = self._fs.info(self._at(path))
            except FileNotFoundError:
                return None
        return int(info["size"]) if info["type"] == "file" else None

    def read(self, path: str) -> bytes:
        """A file."""
        with self._errors():
            return bytes(self._fs.cat_file(self._at(path)))

    def create(self, path: str, data: bytes, *, scratch: str) -> None:
        """Write a file, unless it is there. Not every storage refuses a second writer; so it is read again."""
        if self.size(path) is not None:
            raise FileExistsError(path)
        self._write(path, lambda: self._fs.pipe_file(self._at(path), data, mode="create"))
        if self.read(path) != data:
            raise FileExistsError(path)

    def put(self, path: str, content: Content, size: int, *, scratch: str) -> None:
        """Write a file that is not there yet."""
        if self.size(path) == size:
            return
        if isinstance(content, Path):
            self._write(path, lambda: self._fs.put_file(str(content), self._at(path)))
        else:
            self._write(path, lambda: self._fs.pipe_file(self._at(path), content))

    def copy(self, source: str, target: str, size: int, *, scratch: str) -> None:
        """Write a file with the content of another."""
        if self.size(target) == size:
            return
        if self.size(source) is None:
            raise FileNotFoundError(source)
        self._write(target, lambda: self._fs.cp_file(self._at(source), self._at(target)))

    def download(self, path: str, target: Path) -> None:
        """Bring a file to this machine."""
        with self._errors():
            self._fs.get_file(self._at(path), str(target))

    def remove(self, folder: str) -> None:
        """Remove a folder, where that is allowed; what stays does no harm."""
        try:
            with self._errors():
                self._fs.rm(self._at(folder), recursive=True)
        except (FileNotFoundError, PublishError):
            return

    def _write(self, path: str, write: Callable[[], Any]) -> None:
        with self._errors():
            if self._has_folders:
                self._fs.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
            try:
                write()
            except FileNotFoundError as error:
                raise PublishError(
                    f"{self.name} can't be written to ({error}): its bucket, or a folder above it, is not there; make "
                    "it first."
                ) from error

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _errors(self) -> AbstractContextManager[None]:
        return storage_errors(self.name)
