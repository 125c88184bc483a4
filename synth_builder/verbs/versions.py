from synth_builder.errors import PublishError
from synth_builder.publishing.history import History, history
from synth_builder.publishing.published import read_address


def versions(repo: str) -> History:
    """
    List the versions of a published dataset: date, rows, scores and what changed. Rows are not fetched.

    Args:
        repo (`str`):
            `owner/name` of a dataset on the Hub, or the folder or URL that `publish --to` was given.

    Returns:
        `History`: The newest version first; `to_dict()` gives plain values.

    Raises:
        PublishError: There is no such dataset, or it can't be reached.
    """
    place, version = read_address(repo)
    if version is not None:
        raise PublishError(f"{repo!r} names one version, and all are listed; give {place.name!r}.")
    return history(place)
