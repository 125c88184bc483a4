import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from synth_builder.distributed.shard_files import DONE, ShardFolder, ShardSum
from synth_builder.distributed.storage.segments import SUFFIX, SegmentWriter
from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.distributed.storage.stored_files import (
    ALL,
    JOURNALS,
    PART,
    STORED,
    StoredShardSum,
    at,
    at_asks,
    at_journal,
    damaged,
    digest_of,
    fetch_segments,
    finished,
    put_together,
    restore,
)
from synth_builder.distributed.wave import Wave
from synth_builder.errors import JournalError
from synth_builder.generation.journal import JOURNAL_NAME, Journal

logger = logging.getLogger(__name__)


class StoredShard:
    """
    A shard that shares nothing with other machines but a storage: it works in a scratch folder of its own.

    Answers go to the storage while it works, in segments. Records and keys follow at the end of the wave, when all
    answers are there, in a folder of this try alone; a small file that names that folder makes them count. So a try
    that was taken for dead and still writes does no harm.

    Args:
        storage (`SharedStorage`):
            The folder of the build.
        wave (`Wave`):
            Its wave, as the driver has it.
        shard (`int`):
            Its number.
        reads_others (`bool`):
            Whether answers may stand in the journals of other numbers of shards.
        scratch (`Path`):
            An empty folder of this machine.
    """

    def __init__(self, storage: SharedStorage, wave: Wave, shard: int, reads_others: bool, scratch: Path) -> None:
        self._storage = storage
        self.wave = replace(wave, work=scratch)
        self._shard = shard
        self._reads_others = reads_others
        self._scratch = scratch
        self._try = uuid.uuid4().hex

    @property
    def folder(self) -> ShardFolder:
        """Where it writes, on this machine."""
        return self.wave.folders[self._shard]

    def finished(self) -> ShardSum | None:
        """What it, or an earlier try, came to."""
        found = finished(self._storage, self.folder, self._scratch)
        return None if found is None else found.counted

    def begin(self) -> None:
        """Fetch the requests of the shard."""
        self.folder.begin()
        if not self.wave.number:
            return  # they are those of the plan
        path = self.wave.asks_file(self._shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._storage.download(at_asks(self.wave.name, self._shard), path)
        except FileNotFoundError as error:
            raise JournalError(
                f"The requests of the shard {self.folder.name} are not in {self._storage.url}. Is it the same storage "
                "on all machines, and is nobody removing files there? Run the same again."
            ) from error

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """The shard's journal: what it was answered so far, and what it will be, which goes to the storage."""
        storage, own = self._storage, self.folder.name
        found = {own: fetch_segments(storage, own, self._segments)}
        for name in self._others():
            found[name] = fetch_segments(storage, name, self._scratch / "others" / name)
        writer = SegmentWriter(
            self._segments, f"{PART}{self._try}", lambda path: storage.upload(path, f"{at_journal(own)}/{path.name}")
        )
        try:
            with Journal(self._scratch / JOURNAL_NAME, exclusive=True, on_written=writer.add) as journal:
                for name, segments in found.items():
                    restore(journal, segments, f"{storage.url}/{at_journal(name)}")
                yield journal
        except BaseException:
            try:
                writer.close()
            except JournalError as error:  # must not hide what happened first
                logger.warning("The latest answers of the shard %s are lost: %s", own, error)
            raise
        writer.close()

    def finish(self, counted: ShardSum) -> None:
        """Put the answers of this wave into one object, and store records and keys."""
        storage, folder = self._storage, self.folder
        journal = self._put_answers_together()
        mine = f"{at(folder)}/{self._try}"
        files = {}
        for path in sorted(folder.path.iterdir()):
            storage.upload(path, f"{mine}/{path.name}")
            files[path.name] = digest_of(path)
        done = folder.path / DONE
        StoredShardSum(counted, mine, files, journal).write(done)
        storage.upload(done, f"{at(folder)}/{DONE}")

    def _put_answers_together(self) -> str | None:
        parts = sorted(self._segments.glob(f"{PART}*{SUFFIX}"))
        if not parts:
            return None
        storage, where = self._storage, at_journal(self.folder.name)
        together = self._scratch / f"{ALL}{self._try}{SUFFIX}"
        put_together(parts, together)
        storage.upload(together, f"{where}/{together.name}")
        try:
            storage.remove([f"{where}/{path.name}" for path in parts])
        except JournalError as error:  # they go with the folder of the build, and do no harm until then
            logger.debug("Answers stand in the storage twice: %s", error)
        return f"{where}/{together.name}"

    def _others(self) -> list[str]:
        build = Path(JOURNAL_NAME).stem
        if not self._reads_others:
            return [build]
        mine = f"-of-{self.wave.shards:05d}"
        return [name for name in self._storage.folders(JOURNALS) if not name.endswith(mine)]

    @property
    def _segments(self) -> Path:
        return self._scratch / "segments"


def fetch_shard(storage: SharedStorage, place: ShardFolder, scratch: Path) -> StoredShardSum | None:
    """
    Bring what a finished shard left to the driver; `None` when the shard is not at its end.

    Args:
        storage (`SharedStorage`):
            The folder of the build.
        place (`ShardFolder`):
            Where it goes.
        scratch (`Path`):
            A folder of this machine.

    Raises:
        JournalError: It is damaged, or can't be fetched.
    """
    done = finished(storage, place, scratch)
    if done is None:
        return None
    place.begin()
    for name, digest in done.files.items():
        target = place.path / Path(name).name
        try:
            storage.download(f"{done.folder}/{name}", target)
        except FileNotFoundError as error:
            raise damaged(storage, place) from error
        if digest_of(target) != digest:
            raise damaged(storage, place)
    done.write(place.path / STORED)
    place.finish(done.counted)
    return done
