"""What earlier versions held, as far as their provenance tells; anybody may have written that."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synth_builder.publishing.place import Place, Snapshot
from synth_builder.publishing.state import read_text
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder


def earlier_versions(place: Place, versions: Mapping[Version, str]) -> Iterator[tuple[Version, Snapshot]]:
    """
    Versions with their files, the newest first; each is looked at when it is asked for.

    Args:
        place (`Place`):
            Where they are.
        versions (`Mapping[Version, str]`):
            Version -> its revision.
    """
    for version in sorted(versions, reverse=True):
        yield version, place.at(versions[version])


def digests_told(place: Place, snapshot: Snapshot, variant: str) -> dict[str, str]:
    """
    Split -> digest of its rows, of a variant; empty where it is not there, or its provenance can't be read.

    Args:
        place (`Place`):
            Where it is.
        snapshot (`Snapshot`):
            Which state of it.
        variant (`str`):
            The variant.
    """
    try:
        return {str(split): str(told["rows_sha256"]) for split, told in _splits(place, snapshot, variant).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def files_there(place: Place, snapshot: Snapshot, variant: str, split: str) -> tuple[str, ...]:
    """
    Paths of the files of a split; empty where one of them is not there, or the provenance can't be read.

    Args:
        place (`Place`):
            Where they are.
        snapshot (`Snapshot`):
            Which state of it.
        variant (`str`):
            The variant.
        split (`str`):
            The split.
    """
    try:
        told = _splits(place, snapshot, variant)[split]
        files = ReleaseFolder(Path()).data_files(variant, split, told)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    paths = tuple(path.as_posix() for path in files)
    return paths if snapshot.files.issuperset(paths) else ()


def _splits(place: Place, snapshot: Snapshot, variant: str) -> Any:
    return json.loads(read_text(place, snapshot, f"provenance/{variant}.json"))["splits"]
