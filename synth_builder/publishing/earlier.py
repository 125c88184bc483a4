"""What earlier versions held, as far as their provenance tells; anybody may have written that."""

import json
from collections.abc import Iterator, Mapping

from synth_builder.publishing.place import Place, Snapshot
from synth_builder.publishing.state import read_text
from synth_builder.publishing.version import Version


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
        splits = json.loads(read_text(place, snapshot, f"provenance/{variant}.json"))["splits"]
        return {str(split): str(told["rows_sha256"]) for split, told in splits.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
