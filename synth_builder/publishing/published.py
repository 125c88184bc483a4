from dataclasses import dataclass
from pathlib import Path

from synth_builder.errors import PublishError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.publishing.place import Place
from synth_builder.publishing.state import State, is_ours, read_state
from synth_builder.publishing.version import Version
from synth_builder.recipes.reference import mistaken_path


@dataclass(frozen=True)
class Published:
    """
    One published version.

    Args:
        place (`Place`):
            Where it is.
        version (`Version`):
            Which one.
        state (`State`):
            What is known of it, without its rows.
    """

    place: Place
    version: Version
    state: State

    @property
    def name(self) -> str:
        """What messages call it, for example `ada/films@v1.0.0`."""
        return f"{self.place.name}@{self.version.tag}"


def read_address(address: str) -> tuple[Place, Version | None]:
    """
    Read how a user names what is published: `owner/name` on the Hub, or the folder or URL that `publish --to` was
    given; either may end with a version, as in `owner/name@v1.0.0`.

    Args:
        address (`str`):
            What the user wrote.

    Returns:
        `tuple[Place, Version | None]`: The place, and the version where one is named.

    Raises:
        PublishError: It has another form, or is a path here that leads to no folder.
    """
    name, at, tag = address.rpartition("@")
    if not at or "/" in tag:  # a URL may hold an @ of its own, before its path
        return _place(address), None
    return _place(name), Version.parse(tag)


def _place(name: str) -> Place:
    """A folder or URL where it looks like one, else a repository."""
    if "://" in name or name.startswith((".", "/", "~")) or Path(name).is_dir():
        return FolderPlace(name)
    mistaken = mistaken_path(name)
    if mistaken is not None:
        raise PublishError(mistaken)
    return HubPlace(name)


def versions_of(place: Place) -> dict[Version, str]:
    """
    Published versions -> the revision of each, from the oldest to the newest.

    Raises:
        PublishError: There is nothing of that name, or it can't be reached.
    """
    found = place.versions()
    if not found and place.head() is None:
        raise PublishError(f"Nothing is published at {place.name}.")
    return found


def open_published(place: Place, version: Version | None = None) -> Published:
    """
    Read one published version.

    Args:
        place (`Place`):
            Where it is.
        version (`Version`, *optional*):
            Which one; the last when not given.

    Raises:
        PublishError: There is no such version, or it is no release of this package.
    """
    known = versions_of(place)
    if not known:
        raise PublishError(f"{place.name} has no version yet; `synth-builder publish` makes one.")
    version = version or max(known)
    if version not in known:
        raise PublishError(f"{place.name} has no version {version.tag}. It has: {', '.join(v.tag for v in known)}.")
    return Published(place, version, read_version(place, version, known[version]))


def read_version(place: Place, version: Version, revision: str) -> State:
    """
    What is known of a version, without its rows.

    Args:
        place (`Place`):
            Where it is.
        version (`Version`):
            Which one.
        revision (`str`):
            Its revision.

    Raises:
        PublishError: It is no release of this package, or can't be read.
    """
    snapshot = place.at(revision)
    if not is_ours(snapshot):
        raise PublishError(
            f"{version.tag} of {place.name} is no release of synth-builder: recipe.yaml or provenance/ is missing."
        )
    return read_state(place, snapshot)
