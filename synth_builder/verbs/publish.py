from collections.abc import Sequence
from pathlib import Path

from synth_builder.errors import PublishError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.publishing.publisher import PublishedVersion, PublishOptions, publish_release
from synth_builder.publishing.version import Bump, Version
from synth_builder.releases.folder import ReleaseFolder


def publish(
    release: str | Path | None,
    repo: str | None = None,
    *,
    to: str | Path | None = None,
    version: str | None = None,
    bump: Bump | None = None,
    variants: Sequence[str] | None = None,
    private: bool = False,
    create_pr: bool = False,
    rejections: bool = False,
    adopt: bool = False,
    force_version: bool = False,
    corrected: bool = False,
    check: bool = True,
) -> PublishedVersion:
    """
    Publish a release as a version of a dataset: on the Hub one commit with everything, then a tag; elsewhere a folder
    of its own. Variants that are not in the release stay as they are. Interrupted at any moment, the same call
    finishes the work.

    Args:
        release (`str` or `Path`, *optional*):
            The release folder. `None` makes a version of what was merged into the repository since the last one.
        repo (`str`, *optional*):
            `owner/name` on the Hub; made when it is not there. Either this or `to` is given.
        to (`str` or `Path`, *optional*):
            A folder, or a URL that fsspec knows such as `s3://bucket/films`, that holds a folder for each version.
        version (`str`, *optional*):
            The version to make, `X.Y.Z`. By the rule when not given.
        bump (`"major"`, `"minor"` or `"patch"`, *optional*):
            What to raise of the last version. By the rule when not given.
        variants (`Sequence[str]`, *optional*):
            Variants of the release to publish; all when not given.
        private (`bool`, defaults to `False`):
            Whether a repository that is made is private.
        create_pr (`bool`, defaults to `False`):
            Whether to open a pull request instead of making a version.
        rejections (`bool`, defaults to `False`):
            Whether to publish what was not used, too.
        adopt (`bool`, defaults to `False`):
            Whether to publish into a repository, or folder, that holds something else; its files stay.
        force_version (`bool`, defaults to `False`):
            Whether a smaller bump than the rule asks for is accepted.
        corrected (`bool`, defaults to `False`):
            Whether rows of the release were corrected by hand since it was built. The release's provenance and card
            then tell how many, and the rows are published as a patch.
        check (`bool`, defaults to `True`):
            Whether to load the published rows again, with empty caches, and to compare them.

    Returns:
        `PublishedVersion`: What was done.

    Raises:
        PublishError: It can't be published; the message says why.
        ReleaseError: There is no release.
    """
    if (repo is None) == (to is None):
        raise PublishError("Either a repository on the Hub or a folder is needed; give one of them: repo, or to.")
    if to is not None and (private or create_pr):
        raise PublishError(
            f"{'--create-pr' if create_pr else '--private'} is for repositories on the Hub; leave it out with --to."
        )
    if version is not None and bump is not None:
        raise PublishError("Both a version and a bump are given; keep one of them.")
    if create_pr and (version is not None or bump is not None):
        raise PublishError("A pull request has no version, it gets one after it is merged; leave out the version.")
    options = PublishOptions(
        version=Version.parse(version) if version is not None else None,
        bump=bump,
        variants=variants,
        private=private,
        create_pr=create_pr,
        rejections=rejections,
        adopt=adopt,
        force_version=force_version,
        corrected=corrected,
        check=check,
    )
    place = HubPlace(repo, "`publish` goes on where it stopped") if repo is not None else FolderPlace(str(to))
    return publish_release(place, ReleaseFolder(Path(release)) if release is not None else None, options)
