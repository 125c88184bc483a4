"""What a work folder remembers of the storages in which a build of its variant left answers."""

import json
import logging
import tempfile
from pathlib import Path

from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.distributed.storage.stored_files import JOURNALS, PART, fetch_segments, restore
from synth_builder.errors import JournalError, SynthBuilderError
from synth_builder.generation.journal import JOURNAL_NAME, SHARD_JOURNALS, Journal

logger = logging.getLogger(__name__)

_NAME = "storage.json"


def known_storages(work: Path) -> dict[str, bool]:
    """
    URLs of the builds' folders, and whether all answers of each are at home.

    Args:
        work (`Path`):
            Work folder of a variant.

    Raises:
        JournalError: The file can't be read.
    """
    path = work / _NAME
    try:
        return {str(url): bool(is_home) for url, is_home in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise JournalError(
            f"The file {str(path)!r}, which tells where answers are stored, can't be read: {error}. Remove it when "
            "no --storage was used, or begin anew with --fresh."
        ) from error


def remember(work: Path, url: str, is_home: bool = False) -> None:
    """Remember a folder, before any answer is written there, or that all of its answers are at home."""
    _write(work, known_storages(work) | {url: is_home})


def bring_home(work: Path, but: str | None = None) -> None:
    """
    Fetch the answers that builds left in storages, so that nothing of it is asked again, and remove them there.

    Args:
        work (`Path`):
            Work folder of the variant.
        but (`str`, *optional*):
            The folder of the build that goes on.

    Raises:
        JournalError: They can't be fetched.
    """
    for url, is_home in known_storages(work).items():
        if url == but:
            continue
        try:
            if not is_home:
                take_answers(work, SharedStorage(url))
        except SynthBuilderError as error:
            raise JournalError(
                f"Answers of an earlier build lie in {url} and can't be fetched: {error} To do without them, "
                f"remove {str(work / _NAME)!r}."
            ) from error
        remove(work, url)


def leave(work: Path) -> None:
    """
    The release is written: fetch what answers there still are, and remove what is left in storages. A storage that
    can't be used is no error any more, but told.

    Args:
        work (`Path`):
            Work folder of the variant.
    """
    try:
        bring_home(work)
    except JournalError as error:
        logger.warning("%s The release is complete without them.", error)


def take_answers(work: Path, storage: SharedStorage, first: tuple[str, ...] = ()) -> None:
    """
    Fetch all answers from the folder of a build into the journals of this machine.

    Args:
        work (`Path`):
            Work folder of the variant.
        storage (`SharedStorage`):
            The folder of the build.
        first (`tuple[str, ...]`, defaults to `()`):
            Objects with the answers that the rows were made of: where a request was answered twice, these count.

    Raises:
        JournalError: They can't be fetched.
    """
    for name in storage.folders(JOURNALS):
        is_build = name == Path(JOURNAL_NAME).stem
        path = work / JOURNAL_NAME if is_build else work / SHARD_JOURNALS / f"{name}.sqlite"
        with tempfile.TemporaryDirectory(prefix=".fetched-", dir=work) as scratch, Journal(path) as journal:
            segments = fetch_segments(storage, name, Path(scratch))
            segments.sort(key=lambda one: (f"{JOURNALS}/{name}/{one.name}" not in first, one.name.startswith(PART)))
            restore(journal, segments, f"{storage.url}/{JOURNALS}/{name}")


def remove(work: Path, url: str) -> None:
    """Remove the folder of a build, whose answers are at home or not wanted; say so where that can't be done."""
    try:
        SharedStorage(url).remove()
    except SynthBuilderError as error:
        logger.warning("%s is not needed any more and could not be removed: %s Remove it yourself.", url, error)
    _write(work, {other: is_home for other, is_home in known_storages(work).items() if other != url})


def forget(work: Path) -> None:
    """Remove what builds left in storages, with all answers."""
    try:
        folders = known_storages(work)
    except JournalError as error:
        logger.warning("%s What is left in a storage stays there.", error)
        return
    for url in folders:
        remove(work, url)


def _write(work: Path, folders: dict[str, bool]) -> None:
    path = work / _NAME
    try:
        if not folders:
            path.unlink(missing_ok=True)
            return
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(folders) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise JournalError(
            f"Nothing can be written to {str(work)!r}: {error}. Free some disk space and run again."
        ) from error
