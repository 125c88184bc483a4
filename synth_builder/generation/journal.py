import json
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import JournalError
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


def request_key(info: EngineInfo, request: Request) -> str:
    """
    The name of a request in the journal: a hash of everything that decides the answer, which is the model with its
    revision, the kind of server, the prompt and the sampling settings with the seed. Where the server runs and how
    many requests are under way do not decide it.
    """
    return digest({"engine": info.identity(), "request": asdict(request)}, length=32)


class Journal:
    """
    The durable record of every completion of a build, in one SQLite file with a write-ahead log.

    Each answer is committed by itself before anything is done with it: what is lost when the process is killed are the
    requests that were under way.

    Args:
        path (`Path`):
            The file; made with its folder when it is not there.
        read_only (`bool`, defaults to `False`):
            Whether nothing is to be written; the file has to be there then.

    Raises:
        JournalError: The file can't be opened, or is no journal.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if read_only:
                self._database = sqlite3.connect(_read_only_address(path), uri=True, isolation_level=None)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._database = sqlite3.connect(path, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise self._unopened(error) from error
        try:
            if not read_only:
                self._database.execute("PRAGMA journal_mode=WAL")
                # With a write-ahead log, NORMAL loses nothing when the process dies, only when the machine does.
                self._database.execute("PRAGMA synchronous=NORMAL")
                self._database.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(
                f"The journal {str(path)!r} can't be opened: {error}. Build into another folder, or begin anew with "
                "--fresh."
            ) from error
        found = self._meta("format") or _FORMAT
        if found != _FORMAT:
            raise JournalError(
                f"The journal {str(path)!r} has format {found}, this version reads {_FORMAT}; begin anew with --fresh."
            )
        if not read_only:
            self._set_meta("format", _FORMAT)

    def _unopened(self, error: Exception) -> JournalError:
        return JournalError(
            f"The journal {str(self.path)!r} can't be opened: {error}. Build into another folder, or begin anew with "
            "--fresh."
        )

    def engine_info(self) -> EngineInfo | None:
        """Who gave the completions so far, or `None` when nobody was asked yet."""
        text = self._meta("engine_info")
        return EngineInfo(**json.loads(text)) if text else None

    def set_engine_info(self, info: EngineInfo) -> None:
        """Remember who answers."""
        self._set_meta("engine_info", json.dumps(info.to_dict()))

    def get(self, key: str) -> Completion | str | None:
        """The completion of a request, the text of its failure, or `None` when it was not answered yet."""
        row = self._execute(
            "SELECT text, finish_reason, prompt_tokens, completion_tokens, seed, failure FROM completions WHERE key "
            "= ?",
            (key,),
        ).fetchone()
        if row is None:
            return None
        *completion, failure = row
        return failure if failure is not None else Completion(*completion)

    def put(self, key: str, completion: Completion) -> None:
        """Write one completion; it is on the disk when this returns."""
        self._execute(
            "INSERT OR IGNORE INTO completions VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                key,
                completion.text,
                completion.finish_reason,
                completion.prompt_tokens,
                completion.completion_tokens,
                completion.seed,
                time.time(),
            ),
        )

    def put_failure(self, key: str, failure: str) -> None:
        """Write that a request will never be answered, so that a finished build does not ask again."""
        self._execute(
            "INSERT OR IGNORE INTO completions VALUES (?, NULL, NULL, NULL, NULL, NULL, ?, ?)",
            (key, failure, time.time()),
        )

    def __len__(self) -> int:
        """Requests answered so far."""
        return int(self._execute("SELECT COUNT(*) FROM completions").fetchone()[0])

    def span(self) -> tuple[float, float] | None:
        """Times (seconds since 1970) of the first and the last answer."""
        first, last = self._execute("SELECT MIN(answered_at), MAX(answered_at) FROM completions").fetchone()
        return None if first is None else (first, last)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

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
            raise JournalError(
                f"The journal {str(self.path)!r} can't be used: {error}. What it holds is kept; free some disk space "
                "or "
                "mend the file and run again, or begin anew with --fresh."
            ) from error

    def _meta(self, name: str) -> str | None:
        row = self._execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _read_only_address(path: Path) -> str:
    # Without a log beside it nobody writes, and the file is all; `immutable` then leaves no file of its own behind.
    log = path.with_name(path.name + "-wal")
    return f"{path.resolve().as_uri()}?mode=ro" + ("" if log.exists() else "&immutable=1")
