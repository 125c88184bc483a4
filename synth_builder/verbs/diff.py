from pathlib import Path

from synth_builder.errors import PublishError
from synth_builder.publishing.difference import Difference, difference
from synth_builder.publishing.published import open_published, read_address
from synth_builder.publishing.sides import published_side
from synth_builder.publishing.unpublished import unpublished_difference
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder


def diff(first: str | Path, second: str, third: str | None = None) -> Difference:
    """
    Compare two versions of a published dataset, `diff("owner/name", "v1.0.0", "v1.1.0")`, or a release folder with
    what is published, `diff("releases/films", "owner/name")`: rows, label counts, diversity, how they were made, what
    the rule for versions says, and, where both have scores on the same test rows, a paired test.

    Args:
        first (`str` or `Path`):
            `owner/name` of a dataset on the Hub when two versions are compared, else a release folder.
        second (`str`):
            The earlier version; or, for a release folder, `owner/name` with or without `@v1.0.0`. The last version is
            taken when none is named.
        third (`str`, *optional*):
            The later version.

    Returns:
        `Difference`: `to_dict()` gives plain values.

    Raises:
        PublishError: There is no such dataset or version, or it can't be reached or read.
        ReleaseError: The folder is no release.
    """
    if third is not None:
        place, named = read_address(str(first))
        if named is not None:
            raise PublishError(f"{str(first)!r} names a version, and two others follow; give {place.name!r}.")
        before, after = (open_published(place, Version.parse(version)) for version in (second, third))
        return difference(published_side(before), published_side(after))
    if not Path(first).is_dir():
        raise PublishError(
            f"{str(first)!r} is no release folder. Give the folder of a release and a repository, or a repository and "
            "two versions of it: owner/name v1.0.0 v1.1.0."
        )
    place, version = read_address(second)
    return unpublished_difference(ReleaseFolder(Path(first)), open_published(place, version))
