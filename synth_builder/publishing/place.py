from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.publishing.verification import verify
from synth_builder.publishing.version import Version

Content = bytes | Path
"""What a file is to hold: bytes, or the file of that path."""


@dataclass(frozen=True)
class Snapshot:
    """
    The files of a place at one moment.

    Args:
        revision (`str`):
            Names this state, and no other, for ever.
        files (`frozenset[str]`):
            Their paths.
        foreign (`frozenset[str]`):
            Names of what lies at the place beside versions and is none of theirs, told as long as there is no version.
        public (`bool`, defaults to `False`):
            Whether everybody may read it, as far as the place tells.
    """

    revision: str
    files: frozenset[str]
    foreign: frozenset[str] = frozenset()
    public: bool = False


class Place(ABC):
    """
    Where versions of a dataset are published: a repository on the Hub, or a folder behind a wall.

    What it raises is a `PublishError` with one sentence for the user.
    """

    name: str
    """What messages call it."""

    @property
    @abstractmethod
    def link(self) -> str:
        """Where a person can look at it."""

    @abstractmethod
    def head(self) -> Snapshot | None:
        """The newest state, or `None` where nothing is there yet."""

    @abstractmethod
    def versions(self) -> dict[Version, str]:
        """Published versions -> the revision of each, from the oldest to the newest."""

    @abstractmethod
    def at(self, revision: str) -> Snapshot:
        """
        The state of a revision.

        Raises:
            PublishError: There is no such revision.
        """

    @abstractmethod
    def read(self, path: str, revision: str) -> bytes:
        """
        One file of a revision.

        Raises:
            PublishError: It is not there, or can't be read.
        """

    @abstractmethod
    def create(self, *, private: bool) -> None:
        """Make the place where it is not there yet."""

    @abstractmethod
    def commit(
        self,
        changes: Mapping[str, Content | None],
        *,
        parent: str | None,
        version: Version,
        title: str,
        description: str,
    ) -> str:
        """
        Put a new state down, all of it or nothing.

        Args:
            changes (`Mapping[str, bytes | Path | None]`):
                Path -> its new content; `None` where the file goes. All other files stay.
            parent (`str`, *optional*):
                The revision that `changes` start from; `None` where nothing was there.
            version (`Version`):
                The version that this is going to be.
            title (`str`):
                One line on what changed.
            description (`str`):
                More on it, as Markdown.

        Returns:
            `str`: The new revision.

        Raises:
            PlaceMovedError: The head is not `parent` any more, or it is not known whether the state was put down: look
                again.
        """

    @abstractmethod
    def tag(self, version: Version, revision: str) -> None:
        """
        Make a revision a version. Doing it twice is fine.

        Raises:
            PublishError: The version is another revision already; a tag never moves.
        """

    @abstractmethod
    def unfinished(self, versions: Mapping[Version, str]) -> dict[Version, str]:
        """
        The version that was put down by `commit` and not tagged, because its publisher was stopped between.

        Args:
            versions (`Mapping[Version, str]`):
                What `versions()` tells.
        """

    @abstractmethod
    def source(self, version: Version) -> tuple[str, dict[str, str]]:
        """What `load_dataset` takes to load a version: path, and further arguments."""

    def download(self, version: Version) -> str | None:
        """URL that has to be copied to the path of `source` first, where `load_dataset` can't read the place."""
        return None

    def files_at(self, version: Version) -> str:
        """What goes before a file's path to make an address of a version's file; empty where paths are enough."""
        return ""

    def check(self, version: Version, provenances: Mapping[str, Mapping[str, Any]]) -> None:
        """
        Look whether a version can be loaded and has the rows that were built.

        Args:
            version (`Version`):
                The version.
            provenances (`Mapping[str, Mapping[str, Any]]`):
                Variant -> what is known of it, of the variants to be loaded.

        Raises:
            PublishError: It can't, or has others.
        """
        source, arguments = self.source(version)
        verify(source, arguments, provenances)
