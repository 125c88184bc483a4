import re
from dataclasses import dataclass
from typing import Literal, Self

from synth_builder.errors import PublishError

Bump = Literal["major", "minor", "patch"]
BUMPS: tuple[Bump, ...] = ("patch", "minor", "major")
"""From the smallest to the largest."""

_FORM = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """
    A version of a dataset, after semver.org: a tag `vX.Y.Z`.

    Args:
        major (`int`):
            Raised when columns or labels change: code that reads the rows may have to change.
        minor (`int`):
            Raised when a variant is new, or its recipe or model changed.
        patch (`int`):
            Raised by everything smaller.
    """

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `X.Y.Z` or `vX.Y.Z`.

        Raises:
            PublishError: It has another form.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise PublishError(f"{text!r} is no version; expected three numbers, for example 1.2.0.")
        return cls(*map(int, found.groups()))

    @classmethod
    def of_tag(cls, tag: str) -> Self | None:
        """The version that a tag names, or `None` when it names none."""
        found = _FORM.fullmatch(tag)
        return cls(*map(int, found.groups())) if found and tag.startswith("v") else None

    def bumped(self, bump: Bump) -> "Version":
        """The next version."""
        match bump:
            case "major":
                return Version(self.major + 1, 0, 0)
            case "minor":
                return Version(self.major, self.minor + 1, 0)
            case "patch":
                return Version(self.major, self.minor, self.patch + 1)

    @property
    def tag(self) -> str:
        """Its tag, for example `v1.2.0`."""
        return f"v{self}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


FIRST = Version(1, 0, 0)
