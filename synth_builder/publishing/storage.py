from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

from synth_builder.errors import PublishError
from synth_builder.filesystems import filesystem_errors, protocol_of
from synth_builder.publishing.place import Content

AGAIN = "Put that right and publish again: it goes on where it stopped."


class Storage(ABC):
    """
    Files below one folder, local or remote. Paths are relative to it, with `/`. What it raises is a `PublishError`
    with one sentence, but for the two errors that are named with each method.

    Args:
        name (`str`):
            What people call the folder: its path or URL, without a slash at the end.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def local(self) -> Path | None:
        """The folder on this machine; `None` for one that is elsewhere."""

    @abstractmethod
    def make(self) -> None:
        """Make the folder, where folders have to be made."""

    @abstractmethod
    def names(self, folder: str = "") -> list[str]:
        """Names of the files and folders in a folder; empty when it is not there."""

    @abstractmethod
    def size(self, path: str) -> int | None:
        """Bytes of a file; `None` when it is not there."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """
        A file.

        Raises:
            FileNotFoundError: It is not there.
        """

    @abstractmethod
    def create(self, path: str, data: bytes, *, scratch: str) -> None:
        """
        Write a file, unless it is there: of several writers at once exactly one gets it.

        Args:
            path (`str`):
                The file.
            data (`bytes`):
                What it is to hold.
            scratch (`str`):
                Folder for a half-written file, which is removed later whatever happens.

        Raises:
            FileExistsError: It was there already.
        """

    @abstractmethod
    def put(self, path: str, content: Content, size: int, *, scratch: str) -> None:
        """
        Write a file whose content is known beforehand to every writer, so that it does not matter who writes it. One
        that is there with the right size stays as it is.

        Args:
            path (`str`):
                The file.
            content (`bytes` or `Path`):
                What it is to hold.
            size (`int`):
                Bytes of that.
            scratch (`str`):
                As for `create`.
        """

    @abstractmethod
    def copy(self, source: str, target: str, size: int, *, scratch: str) -> None:
        """
        `put` with a file of this storage, without moving it through this machine where the storage can.

        Raises:
            FileNotFoundError: There is no `source`.
        """

    @abstractmethod
    def download(self, path: str, target: Path) -> None:
        """
        Bring a file to this machine.

        Raises:
            FileNotFoundError: It is not there.
        """

    @abstractmethod
    def remove(self, folder: str) -> None:
        """Remove a folder with what is in it, as far as that can be done now."""


def open_storage(to: str) -> Storage:
    """
    The storage of a folder.

    Args:
        to (`str`):
            Path of a local folder, or a URL that fsspec knows.

    Raises:
        PublishError: It can't be one, or the package for it is not installed.
    """
    from synth_builder.publishing.local_storage import LocalStorage
    from synth_builder.publishing.remote_storage import RemoteStorage

    if not to.strip():
        raise PublishError("The folder to publish to has no name; expected a path or a URL such as s3://bucket/films.")
    protocol = protocol_of(to)
    if protocol is None:
        return LocalStorage(Path(to))
    if protocol in ("file", "local"):
        return LocalStorage(Path("/" + to.partition("://")[2].lstrip("/")))
    return RemoteStorage(to, protocol)


def storage_errors(name: str) -> AbstractContextManager[None]:
    """
    What a storage raises becomes a `PublishError` here; `FileNotFoundError` and `FileExistsError` stay what they are.

    Args:
        name (`str`):
            What people call the storage.
    """
    return filesystem_errors(name, PublishError, AGAIN)
