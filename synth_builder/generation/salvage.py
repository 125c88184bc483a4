import logging
import sqlite3
from pathlib import Path

logger = logging.getLogger(__name__)

_PIECES = [f"{number:02x}" for number in range(256)]


def is_damaged(database: sqlite3.Connection) -> bool:
    """Whether pages of a database can't be read, or do not fit together."""
    try:
        return bool(database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.DatabaseError:
        return True


def salvage(path: Path, schema: str) -> int:
    """
    Put what can still be read of a damaged journal into a new one of the same name. The damaged file stays beside it,
    with `.damaged` behind its name.

    Args:
        path (`Path`):
            The journal. Nobody may have it open.
        schema (`str`):
            SQL that makes its tables.

    Returns:
        `int`: Answers that were saved. The others are asked again.

    Raises:
        sqlite3.Error: Not even the engine's name can be read, so nobody could say whose answers these are.
    """
    fresh = path.with_name(path.name + ".salvaged")
    fresh.unlink(missing_ok=True)
    damaged = sqlite3.connect(path)
    saved = sqlite3.connect(fresh)
    try:
        saved.executescript(schema)
        saved.executemany("INSERT INTO meta VALUES (?, ?)", damaged.execute("SELECT name, value FROM meta").fetchall())
        # The table is a tree that is sorted by the key: a piece that lies on healthy pages can be read whatever
        # happened to others.
        for low, high in zip(_PIECES, [*_PIECES[1:], "g"], strict=True):
            _copy_piece(damaged, saved, low, high)
        saved.commit()
        count = int(saved.execute("SELECT COUNT(*) FROM completions").fetchone()[0])
    except BaseException:
        saved.close()
        fresh.unlink(missing_ok=True)
        raise
    finally:
        damaged.close()
        saved.close()
    kept = _free_name(path)
    path.replace(kept)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    fresh.replace(path)
    logger.warning(
        "The journal %r was damaged: %d answers could be saved, what is missing is asked again. The damaged file is "
        "kept as %r.",
        str(path),
        count,
        kept.name,
    )
    return count


def _free_name(path: Path) -> Path:
    """A name for the damaged file that no earlier one has."""
    name = path.with_name(path.name + ".damaged")
    number = 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}.damaged{number}")
    return name


def _copy_piece(damaged: sqlite3.Connection, saved: sqlite3.Connection, low: str, high: str) -> None:
    try:
        for row in damaged.execute("SELECT * FROM completions WHERE key >= ? AND key < ?", (low, high)):
            saved.execute("INSERT OR IGNORE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    except sqlite3.DatabaseError:
        logger.debug("Answers with keys from %s to %s can't all be read.", low, high)
