import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth_builder.distributed.shard_files import ShardFolder
from synth_builder.distributed.storage import known_storages
from synth_builder.distributed.storage.segments import SUFFIX, write_segment
from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.distributed.storage.stored_files import (
    HOME,
    JOURNALS,
    STORED,
    StoredShardSum,
    at_asks,
    damaged,
    in_parallel,
)
from synth_builder.distributed.storage.stored_shard import fetch_shard
from synth_builder.distributed.wave import Wave
from synth_builder.errors import JournalError
from synth_builder.generation.journal import JOURNAL_NAME, SHARD_JOURNALS, Journal

BEGUN = "README.txt"

BEGUN_TEXT = "Answers of a build that is not at its end. When it is, this folder is removed.\n"


class BuildStorage:
    """
    The driver's side of a build whose machines share nothing but a storage. The release and all that decides about
    rows stay on the driver's disk.

    Args:
        root (`str`):
            URL that the user names.
        name (`str`):
            Folder of the build in it, equal for equal builds alone.
        work (`Path`):
            Work folder of the variant, on this machine.

    Raises:
        RecipeError: The URL can't be used.
    """

    def __init__(self, root: str, name: str, work: Path) -> None:
        self._storage = SharedStorage(root).below(name)
        self._work = work
        self.reads_others = False
        """Whether there were answers before that a shard has to look for in the journals of others."""

    @property
    def url(self) -> str:
        """Folder of the build."""
        return self._storage.url

    def begin(self) -> None:
        """
        Fetch what other builds of the variant left in storages, and send what this machine was answered before.

        Raises:
            JournalError: A storage can't be used.
        """
        known_storages.bring_home(self._work, but=self.url)
        there = set(self._storage.names(JOURNALS))
        build = self._work / JOURNAL_NAME
        with self._scratch() as scratch:
            # What can't be written to is not remembered: nobody would look for answers there.
            (scratch / BEGUN).write_text(BEGUN_TEXT, encoding="utf-8")
            self._storage.upload(scratch / BEGUN, BEGUN)
            known_storages.remember(self._work, self.url)
            for path in [build, *sorted((self._work / SHARD_JOURNALS).glob("*.sqlite"))]:
                with Journal(path, read_only=True) as journal:
                    name = f"{path.stem}/{HOME}{_digest(journal)}{SUFFIX}"
                    if name not in there and len(journal):
                        segment = scratch / "segment"
                        write_segment(segment, journal.entries())
                        self._storage.upload(segment, f"{JOURNALS}/{name}")
                        there.add(name)
        self.reads_others = any(not name.startswith(f"{build.stem}/") for name in there)

    def offer(self, wave: Wave) -> None:
        """
        Fetch what shards of a wave finished in an earlier run, and store the requests of the others.

        Raises:
            JournalError: The storage can't be used.
        """
        self._fetch([place for place in wave.folders if place.finished() is None])
        if wave.number:
            todo = [place.shard for place in wave.folders if place.finished() is None]
            in_parallel(
                lambda shard: self._storage.upload(wave.asks_file(shard), at_asks(wave.name, shard)),
                todo,
            )

    def fetch(self, wave: Wave) -> None:
        """
        Fetch what the shards of a wave found.

        Raises:
            JournalError: It is not there, damaged, or the storage can't be used.
        """
        missing = self._fetch([place for place in wave.folders if place.finished() is None])
        if missing:
            raise JournalError(
                f"The shard {missing[0].name} is at its end, and {self.url} has nothing of it. Name a storage that "
                "is the same one on all machines of the cluster; a folder of one machine is none."
            )

    def finish(self, waves: list[Wave]) -> None:
        """
        Fetch all answers into the journals of this machine.

        Args:
            waves (`list[Wave]`):
                All there were.

        Raises:
            JournalError: They can't be fetched.
        """
        used = []
        for wave in waves:
            for place in wave.folders:
                path = place.path / STORED
                if not path.is_file():
                    continue  # a run without a storage finished it
                try:
                    used.append(StoredShardSum.read(path).journal)
                except ValueError as error:
                    raise damaged(self._storage, place) from error
        known_storages.take_answers(self._work, self._storage, tuple(name for name in used if name))
        known_storages.remember(self._work, self.url, is_home=True)

    def _fetch(self, places: list[ShardFolder]) -> list[ShardFolder]:
        """Fetch finished shards; which are not at their end."""
        with self._scratch() as scratch:
            there = in_parallel(lambda place: fetch_shard(self._storage, place, scratch) is not None, places)
        return [place for place, is_there in zip(places, there, strict=True) if not is_there]

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix=".sent-", dir=self._work) as folder:
            yield Path(folder)


def _digest(journal: Journal) -> str:
    found = hashlib.sha256()
    for entry in journal.entries():
        found.update(entry[0].encode())
    return found.hexdigest()[:16]
