import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import JournalError
from synth_builder.generation.open_files import allow_open_files
from synth_builder.generation.salvage import is_damaged, salvage
from synth_builder.recipes.fingerprint import digest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS completions (
    key TEXT PRIMARY KEY,
    text TEXT,
    finish_reason TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    seed INTEGER,
    failure TEXT,
    answered_at REAL NOT NULL
) WITHOUT ROWID;
"""
_FORMAT = "1"

Entry = tuple[Any, ...]
"""One answer as the journal holds it: the columns of its table."""

JOURNAL_NAME = "journal.sqlite"
"""The journal of a build, in its work folder."""

SHARD_JOURNALS = "shard_journals"
"""Folder, beside the journal of a build, of those that its shards write."""


def request_key(info: EngineInfo, request: Request) -> str:
    """
    The name of a request in the journal: a hash of everything that decides the answer, which is the model with its
    revision, the kind of server, the prompt and the sampling settings with the seed. Where the server runs and how
    many requests are under way do not decide it.
    """
    sampling = request.sampling
    return digest(
        {
            "engine": info.identity(),
            "sampling": {name: getattr(sampling, name) for name in sampling.__slots__},
            "seed": request.seed,
            "messages": [[message.role, message.content] for message in request.messages],
            "prompt": request.prompt,
            "schema": request.schema,
        },
        length=32,
    )


class Journal:
    """
    The durable record of every completion of a build, in one SQLite file with a write-ahead log.

    `put` keeps an answer in memory until `flush`, which writes all of them in one transaction. Who asks flushes at
    every turn of the event loop: what is lost when the process is killed are requests that were under way a moment
    before.

    Args:
        path (`Path`):
            The file; made with its folder when it is not there. Of a damaged one all is saved that can be read.
        read_only (`bool`, defaults to `False`):
            Whether nothing is to be written; the file has to be there then.
        exclusive (`bool`, defaults to `False`):
            Whether nobody else opens the file at the same time; then it may lie in a folder that machines share.
        also (`Iterable[Path]`, defaults to `()`):
            Journals of the same build in which answers are looked up that this one lacks; nothing is written there.
        on_written (`Callable`, *optional*):
            Told of the answers that `flush` has written. A `JournalError` of it is one of `flush`.

    Raises:
        JournalError: The file can't be opened, or is no journal.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        exclusive: bool = False,
        also: Iterable[Path] = (),
        on_written: Callable[[Sequence[Entry]], None] | None = None,
    ) -> None:
        self.path = path
        self._on_written = on_written
        self._also: list[Journal] = []
        self._unwritten: dict[str, Entry] = {}
        try:
            if read_only:
                self._database = sqlite3.connect(_read_only_address(path), uri=True, isolation_level=None)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._database = _healthy(path)
        except (sqlite3.Error, OSError) as error:
            raise self._unopened(error) from error
        try:
            if not read_only:
                if exclusive:
                    # The index of the log is in memory then; a shared file for it does not work over a network.
                    self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
                self._database.execute("PRAGMA journal_mode=WAL")
                # With a write-ahead log, NORMAL loses nothing when the process dies, only when the machine does.
                self._database.execute("PRAGMA synchronous=NORMAL")
                self._database.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            raise self._unopened(error) from error
        found = self._meta("format") or _FORMAT
        if found != _FORMAT:
            raise JournalError(
                f"The journal {str(path)!r} has format {found}, this version reads {_FORMAT}; begin anew with --fresh."
            )
        if not read_only:
            self._set_meta("format", _FORMAT)
        for other in also:
            self._also.append(Journal(other, read_only=True))

    def _unopened(self, error: Exception) -> JournalError:
        return JournalError(
            f"The journal {str(self.path)!r} can't be opened: {error}. Build into another folder, or begin anew with "
            "--fresh."
        )

    def engine_info(self, role: str = "engine") -> EngineInfo | None:
        """Who gave the completions so far in this role, or `None` when nobody was asked yet."""
        text = self._meta(f"{role}_info")
        return EngineInfo(**json.loads(text)) if text else None

    def set_engine_info(self, info: EngineInfo, role: str = "engine") -> None:
        """Remember who answers in a role."""
        self._set_meta(f"{role}_info", json.dumps(info.to_dict()))

    def checker(self) -> str | None:
        """The checker that a build named last, or `None` when none did."""
        return self._meta("checker")

    def set_checker(self, named: str) -> None:
        """Remember which checker a build names."""
        self._set_meta("checker", named)

    def get(self, key: str) -> Completion | str | None:
        """The completion of a request, the text of its failure, or `None` when it was not answered yet."""
        if key in self._unwritten:
            self.flush()
        row = self._execute(
            "SELECT text, finish_reason, prompt_tokens, completion_tokens, seed, failure FROM completions WHERE key "
            "= ?",
            (key,),
        ).fetchone()
        if row is None:
            return next((found for other in self._also if (found := other.get(key)) is not None), None)
        *completion, failure = row
        return failure if failure is not None else Completion(*completion)

    def put(self, key: str, completion: Completion) -> None:
        """Keep one completion; it is on the disk after the next `flush`."""
        fields = (completion.text, completion.finish_reason, completion.prompt_tokens, completion.completion_tokens)
        self._unwritten.setdefault(key, (key, *fields, completion.seed, None, time.time()))

    def put_failure(self, key: str, failure: str) -> None:
        """Keep that a request will never be answered, so that a finished build does not ask again."""
        self._unwritten.setdefault(key, (key, None, None, None, None, None, failure, time.time()))

    def flush(self) -> None:
        """
        Write what was put since the last time; it is on the disk when this returns.

        Raises:
            JournalError: It can't be written. It is kept in memory, so that another `flush` can try again.
        """
        if not self._unwritten:
            return
        entries = list(self._unwritten.values())
        self.restore(entries)
        self._unwritten.clear()
        if self._on_written is not None:
            self._on_written(entries)

    def entries(self) -> Iterator[Entry]:
        """All answers of this file, in the order of their keys."""
        self.flush()
        yield from self._execute("SELECT * FROM completions ORDER BY key")

    def restore(self, entries: Iterable[Entry]) -> None:
        """
        Write answers that were read from another journal; nobody is told of them. One that is there already stays.

        Args:
            entries (`Iterable[Entry]`):
                What `entries` gave there.

        Raises:
            JournalError: They can't be written; then none of them is.
        """
        try:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR IGNORE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entries)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def __len__(self) -> int:
        """Requests answered so far."""
        self.flush()
        own = int(self._execute("SELECT COUNT(*) FROM completions").fetchone()[0])
        return own + sum(len(other) for other in self._also)

    def span(self) -> tuple[float, float] | None:
        """Times (seconds since 1970) of the first and the last answer."""
        self.flush()
        own = self._execute("SELECT MIN(answered_at), MAX(answered_at) FROM completions").fetchone()
        spans = [span for span in (own, *(other.span() for other in self._also)) if span and span[0] is not None]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def answered_since(self, moment: float) -> int:
        """Requests that were answered at a time (seconds since 1970) or later."""
        self.flush()
        own = self._execute("SELECT COUNT(*) FROM completions WHERE answered_at >= ?", (moment,)).fetchone()
        return int(own[0]) + sum(other.answered_since(moment) for other in self._also)

    def close(self) -> None:
        """Write what is left, and close the file."""
        try:
            self.flush()
        finally:
            self._database.close()
            for other in self._also:
                other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> JournalError:
        return JournalError(
            f"The journal {str(self.path)!r} can't be used: {error}. What it holds is kept; free some disk space or "
            "mend the file and run again, or begin anew with --fresh."
        )

    def _meta(self, name: str) -> str | None:
        row = self._execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def build_journal(work: Path, *, read_only: bool = False) -> Journal:
    """
    The journal of a build, which finds the answers of its shards, too.

    Args:
        work (`Path`):
            Work folder of the variant.
        read_only (`bool`, defaults to `False`):
            As for `Journal`.

    Raises:
        JournalError: One of the files can't be opened, or is no journal; or there are more than may be open.
    """
    shards = sorted((work / SHARD_JOURNALS).glob("*.sqlite"))
    allow_open_files(2 * len(shards))  # each with its log
    return Journal(work / JOURNAL_NAME, read_only=read_only, also=shards)


def _healthy(path: Path) -> sqlite3.Connection:
    """A connection to a journal whose pages can be read; a damaged one is made anew of what is left."""
    was_there = path.exists()
    database = sqlite3.connect(path, isolation_level=None)
    if was_there and is_damaged(database):
        database.close()
        salvage(path, _SCHEMA)
        database = sqlite3.connect(path, isolation_level=None)
    return database


def _read_only_address(path: Path) -> str:
    # Without a log beside it nobody writes, and the file is all; `immutable` then leaves no file of its own behind.
    log = path.with_name(path.name + "-wal")
    return f"{path.resolve().as_uri()}?mode=ro" + ("" if log.exists() else "&immutable=1")
