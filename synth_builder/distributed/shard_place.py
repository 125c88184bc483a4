from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from synth_builder.distributed.shard_files import ShardFolder, ShardSum
from synth_builder.distributed.wave import Wave
from synth_builder.generation.journal import Journal
from synth_builder.generation.open_files import allow_open_files


class ShardPlace(Protocol):
    """Where a shard reads its requests, keeps its answers, and leaves what it found."""

    @property
    def wave(self) -> Wave:
        """Its wave, in a work folder of this machine."""

    @property
    def folder(self) -> ShardFolder:
        """Where it writes."""

    def finished(self) -> ShardSum | None:
        """What it came to; `None` when it is not at its end."""

    def begin(self) -> None:
        """Make everything ready to begin, or to begin again."""

    def journal(self) -> AbstractContextManager[Journal]:
        """The shard's journal, which also finds what others were answered. Answers are safe when it was closed."""

    def finish(self, counted: ShardSum) -> None:
        """Say that everything is there."""


@dataclass(frozen=True)
class SharedFolder:
    """
    A shard in a folder that all machines see under the same path.

    Args:
        wave (`Wave`):
            Its wave.
        shard (`int`):
            Its number.
    """

    wave: Wave
    shard: int

    @property
    def folder(self) -> ShardFolder:
        """Where it writes."""
        return self.wave.folders[self.shard]

    def finished(self) -> ShardSum | None:
        """What it came to."""
        return self.folder.finished()

    def begin(self) -> None:
        """An empty folder."""
        self.folder.begin()

    def journal(self) -> AbstractContextManager[Journal]:
        """The shard's journal."""
        others = self.folder.other_journals()
        allow_open_files(2 * len(others))  # each with its log
        return Journal(self.folder.journal, exclusive=True, also=others)

    def finish(self, counted: ShardSum) -> None:
        """Say that everything is there."""
        self.folder.finish(counted)
