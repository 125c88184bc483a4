from collections.abc import Callable, Iterator
from dataclasses import dataclass

from synth_builder.publishing.labelled_rows import LabelledRow, local_rows, published_rows
from synth_builder.publishing.local import local_state
from synth_builder.publishing.published import Published
from synth_builder.publishing.state import State
from synth_builder.releases.folder import ReleaseFolder


@dataclass(frozen=True)
class Side:
    """
    One of two releases that are compared, published or not.

    Args:
        name (`str`):
            What messages call it.
        state (`State`):
            What is known of it, without its rows.
        rows (`Callable[[str, str], Iterator[LabelledRow]]`):
            Variant, split -> rows, read when they are asked for.
    """

    name: str
    state: State
    rows: Callable[[str, str], Iterator[LabelledRow]]


def published_side(published: Published) -> Side:
    """A published version."""
    provenances = published.state.provenances
    return Side(
        published.name,
        published.state,
        lambda variant, split: published_rows(published, provenances[variant], split),
    )


def local_side(release: ReleaseFolder) -> Side:
    """
    A release folder.

    Raises:
        PublishError: Its rows are not those that were built.
        ReleaseError: It is no release.
    """
    state = local_state(release)
    return Side(
        str(release.path),
        state,
        lambda variant, split: local_rows(release, state.provenances[variant], split),
    )
