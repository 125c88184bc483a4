"""Where the things of a build lie in its folder of a storage, and how they are brought from there."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from synth_builder.distributed.shard_files import DONE, ShardFolder, ShardSum
from synth_builder.distributed.storage.segments import SUFFIX, read_segment
from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.errors import JournalError
from synth_builder.generation.journal import Journal

JOURNALS = "journals"

HOME, ALL, PART = "home-", "all-", "part-"
"""How the objects of a journal begin: what the driver had before, what a shard had at the end of a wave, and what a
shard stored on the way."""

STORED = "stored.json"
"""What the driver keeps beside the files of a shard: where they came from."""

AT_ONCE = 8
"""Files that one process fetches or sends at once."""

_TRIES = 3

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class StoredShardSum:
    """
    What a finished shard left in the storage.

    Args:
        counted (`ShardSum`):
            What it came to.
        folder (`str`):
            Where its files are: each try has a folder of its own.
        files (`dict[str, str]`):
            Their names, and a digest of each.
        journal (`str`, *optional*):
            The object with the answers that it stored in this wave, if there are any.
    """

    counted: ShardSum
    folder: str
    files: dict[str, str]
    journal: str | None

    def write(self, path: Path) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "StoredShardSum":
        """
        Read what `write` wrote.

        Raises:
            ValueError: It is damaged.
        """
        told = json.loads(path.read_text(encoding="utf-8"))
        try:
            counted = ShardSum(**told.pop("counted"))
            return cls(counted, **told)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from error


def at(place: ShardFolder) -> str:
    """Where a shard of a wave puts what it finds."""
    return f"{at_wave(place.wave)}/{place.name}"


def at_wave(wave: str) -> str:
    """Where the things of a wave are."""
    return f"shards/{wave}"


def at_asks(wave: str, shard: int) -> str:
    """Where the requests of one shard are, in a wave of further draws."""
    return f"{at_wave(wave)}/asks/{shard:05d}.jsonl"


def at_journal(name: str) -> str:
    """Where the objects of a journal are."""
    return f"{JOURNALS}/{name}"


def finished(storage: SharedStorage, place: ShardFolder, scratch: Path) -> StoredShardSum | None:
    """What a shard left; `None` when it is not at its end."""
    path = scratch / f"{place.name}-{DONE}"
    try:
        storage.download(f"{at(place)}/{DONE}", path)
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        return None
    try:
        return StoredShardSum.read(path)
    except ValueError as error:
        raise damaged(storage, place) from error
    finally:
        path.unlink()


def damaged(storage: SharedStorage, place: ShardFolder) -> JournalError:
    """What a shard left is not what it wrote."""
    return JournalError(
        f"What the shard {place.name} wrote to {storage.url}/{at(place)} is damaged or gone. Remove that folder and "
        "run the same again: the shard reads its answers once more, and nothing is asked again."
    )


def fetch_segments(storage: SharedStorage, name: str, scratch: Path) -> list[Path]:
    """
    Bring all objects of a journal to this machine, the larger ones that were made at an end first.

    Raises:
        JournalError: One of them can't be fetched.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    missing = ""
    for _ in range(_TRIES):
        names = [found for found in storage.names(at_journal(name)) if found.endswith(SUFFIX)]
        names.sort(key=lambda found: (found.startswith(PART), found))
        try:
            in_parallel(lambda found: storage.download(f"{at_journal(name)}/{found}", scratch / found), names)
        except FileNotFoundError as error:
            missing = str(error)  # a shard that was taken for dead may have put several into one
            continue
        return [scratch / found for found in names]
    raise JournalError(
        f"The storage {storage.url} lists an object with answers that it does not give ({missing}). Is somebody else "
        "removing files there? Run the same again."
    )


def restore(journal: Journal, segments: Iterable[Path], named: str) -> None:
    """Read answers into a journal; what it holds already stays."""
    for path in segments:
        journal.restore(read_segment(path, f"{named}/{path.name}"))


def put_together(segments: Sequence[Path], target: Path) -> None:
    """One file with what several hold."""
    with target.open("wb") as file:
        for path in segments:
            with path.open("rb") as found:
                shutil.copyfileobj(found, file, 1 << 20)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_parallel(do: Callable[[Given], Result], items: Iterable[Given]) -> list[Result]:
    """Fetch or send several things at once; the first error stops what has not begun."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="synth-builder-storage") as pool:
        doing = [pool.submit(do, item) for item in items]
        try:
            return [one.result() for one in doing]
        except BaseException:
            for one in doing:
                one.cancel()
            raise
