import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from synth_builder.errors import JournalError
from synth_builder.generation.journal import JOURNAL_NAME, SHARD_JOURNALS

if TYPE_CHECKING:
    from pyarrow import NativeFile

RECORDS, DONE = "records.jsonl.zst", "done.json"


@dataclass(frozen=True)
class ShardSum:
    """
    What a shard came to, counted.

    Args:
        asked (`int`, defaults to 0):
            Requests that went out in the try that finished it.
        check_requests (`int`, defaults to 0):
            Requests that filters made about rows.
        check_tokens (`list[int]`):
            Tokens of prompts and of replies of those. All others are counted from the records.
        slots (`int`, defaults to 0):
            Slots that were answered.
    """

    asked: int = 0
    check_requests: int = 0
    check_tokens: list[int] = field(default_factory=lambda: [0, 0])
    slots: int = 0


@dataclass(frozen=True)
class ShardFolder:
    """
    Where one shard of one wave puts what it finds.

    Args:
        work (`Path`):
            Work folder of the variant; one that all machines share.
        wave (`str`):
            Name of the wave.
        shard, shards (`int`):
            Number of the shard, from 0, and how many there are.
    """

    work: Path
    wave: str
    shard: int
    shards: int

    @property
    def name(self) -> str:
        """The shard's name: the same in all waves of equally many shards."""
        return f"{self.shard:05d}-of-{self.shards:05d}"

    @property
    def path(self) -> Path:
        """Folder of records and keys."""
        return self.work / "shards" / self.wave / self.name

    @property
    def journal(self) -> Path:
        """The shard's journal: the same in all waves."""
        return self.work / SHARD_JOURNALS / f"{self.name}.sqlite"

    def other_journals(self) -> list[Path]:
        """Journals that nobody writes now: the build's own, and those of runs with other numbers of shards."""
        others = (self.work / SHARD_JOURNALS).glob("*.sqlite")
        mine = f"-of-{self.shards:05d}"
        own = self.work / JOURNAL_NAME
        return [*([own] if own.is_file() else []), *sorted(path for path in others if not path.stem.endswith(mine))]

    def finished(self) -> ShardSum | None:
        """What it came to; `None` when it is not at its end."""
        try:
            return ShardSum(**json.loads((self.path / DONE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def finish(self, counted: ShardSum) -> None:
        """Say that everything is there."""
        unfinished = self.path / f"{DONE}.part"
        unfinished.write_text(json.dumps(asdict(counted)), encoding="utf-8")
        unfinished.replace(self.path / DONE)

    def begin(self) -> None:
        """An empty folder; what an earlier try left goes."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)


class RecordWriter:
    """Writes lines into the records of a shard, compressed."""

    def __init__(self, folder: ShardFolder) -> None:
        import pyarrow

        self._path = folder.path / RECORDS
        self._file: NativeFile = pyarrow.CompressedOutputStream(str(self._path), "zstd")
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """Write one line."""
        self._lines.append(line)
        if len(self._lines) >= 500:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()
        self._file.close()

    def _write(self) -> None:
        if not self._lines:
            return
        text = "\n".join(self._lines) + "\n"
        self._lines.clear()
        try:
            self._file.write(text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise JournalError(
                f"Answers can't be written to {str(self._path)!r}: {error}. What the journal holds is kept; free some "
                "disk space and run again."
            ) from error


def records(folder: ShardFolder) -> Iterator[bytes]:
    """Lines of a shard's records, a block at a time in memory."""
    import pyarrow

    with pyarrow.CompressedInputStream(str(folder.path / RECORDS), "zstd") as file:
        rest = b""
        while block := file.read(1 << 18):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            yield from lines


def remove_shards(work: Path) -> None:
    """Remove what shards found out; their journals stay."""
    shutil.rmtree(work / "shards", ignore_errors=True)
