import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from synth_builder.publishing.place import Content
from synth_builder.publishing.storage import Storage, storage_errors

# What file systems without hard links say: FAT, some network folders.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class LocalStorage(Storage):
    """
    A folder of this machine, or one that is mounted. A file appears whole or not at all: it is written beside, and
    then linked to its name, which the system does for one of several writers only.

    Args:
        folder (`Path`):
            The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._root = Path(os.path.abspath(folder.expanduser()))
        super().__init__(str(self._root))

    @property
    def local(self) -> Path:
        """The folder."""
        return self._root

    def make(self) -> None:
        """Make the folder, and those above it."""
        with self._errors():
            self._root.mkdir(parents=True, exist_ok=True)

    def names(self, folder: str = "") -> list[str]:
        """Names in a folder."""
        with self._errors():
            try:
                return sorted(os.listdir(self._root / folder))
            except FileNotFoundError:
                return []

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        with self._errors():
            try:
                return (self._root / path).stat().st_size
            except FileNotFoundError:
                return None

    def read(self, path: str) -> bytes:
        """A file."""
        with self._errors():
            return (self._root / path).read_bytes()

    def create(self, path: str, data: bytes, *, scratch: str) -> None:
        """Write a file, unless it is there."""
        target = self._root / path
        with self._errors(), self._part(data, target, scratch) as part:
            try:
                os.link(part, target)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # Exclusive as well, but a kill in the middle leaves a part of it.
                with target.open("xb") as file:
                    file.write(data)

    def put(self, path: str, content: Content, size: int, *, scratch: str) -> None:
        """Write a file that is not there yet."""
        if self.size(path) == size:
            return
        target = self._root / path
        with self._errors(), self._part(content, target, scratch) as part:
            try:
                os.link(part, target)
            except FileExistsError:
                if target.stat().st_size != size:  # nothing that was put here
                    part.replace(target)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                part.replace(target)

    def copy(self, source: str, target: str, size: int, *, scratch: str) -> None:
        """Write a file with the content of another."""
        self.put(target, self._root / source, size, scratch=scratch)

    def download(self, path: str, target: Path) -> None:
        """Copy a file out of the folder."""
        with self._errors():
            shutil.copyfile(self._root / path, target)

    def remove(self, folder: str) -> None:
        """Remove a folder; what somebody else is removing, too, is no error."""
        shutil.rmtree(self._root / folder, ignore_errors=True)

    @contextmanager
    def _part(self, content: Content, target: Path, scratch: str) -> Iterator[Path]:
        """A new file with that content, on the disk for certain, which is gone afterwards."""
        part = self._root / scratch / f"part-{uuid.uuid4().hex}"
        for folder in (part.parent, target.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as file:
                if isinstance(content, Path):
                    with content.open("rb") as found:
                        shutil.copyfileobj(found, file, 1 << 20)
                else:
                    file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield part
        finally:
            part.unlink(missing_ok=True)

    def _errors(self) -> AbstractContextManager[None]:
        return storage_errors(self.name)
