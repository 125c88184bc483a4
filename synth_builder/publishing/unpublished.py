from synth_builder.errors import PublishError
from synth_builder.publishing.difference import Difference, difference
from synth_builder.publishing.merge import merge
from synth_builder.publishing.published import Published
from synth_builder.publishing.sides import local_side, published_side
from synth_builder.releases.folder import ReleaseFolder


def unpublished_difference(release: ReleaseFolder, published: Published) -> Difference:
    """
    What a release folder would change if it was published now. Nothing is written.

    Args:
        release (`ReleaseFolder`):
            The folder.
        published (`Published`):
            The version that it is compared with.

    Raises:
        PublishError: Rows or scores can't be read.
        ReleaseError: It is no release.
    """
    before, after = published_side(published), local_side(release)
    state = published.state
    try:
        merged = merge(
            release, after.state, state, state, published_card=state.card, proposing=False, rejections=False
        )
    except PublishError as error:
        return difference(before, after, problem=str(error))
    return difference(before, after, merged=merged.state)
