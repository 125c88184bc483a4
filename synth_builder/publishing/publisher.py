import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from synth_builder.errors import PlaceMovedError, PublishError
from synth_builder.publishing.compare import Change, changes, described, same_rows, verdict
from synth_builder.publishing.corrections import published_rows_of, take_corrections
from synth_builder.publishing.earlier import digests_told, earlier_versions
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.publishing.local import local_state
from synth_builder.publishing.merge import Merged, merge, with_card
from synth_builder.publishing.place import Content, Place, Snapshot
from synth_builder.publishing.proposal import proposal
from synth_builder.publishing.release_notes import lines_of, with_version
from synth_builder.publishing.state import State, is_ours, read_card, read_state, read_text
from synth_builder.publishing.verification import verify
from synth_builder.publishing.version import FIRST, Bump, Version
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import LOCAL_SUFFIXES
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.folder import ReleaseFolder

TRIES = 8
"""How often it is tried again after somebody else published in between."""


@dataclass(frozen=True)
class PublishOptions:
    """What a user may ask for; see `synth_builder.verbs.publish.publish`."""

    version: Version | None = None
    bump: Bump | None = None
    variants: Sequence[str] | None = None
    private: bool = False
    create_pr: bool = False
    rejections: bool = False
    adopt: bool = False
    force_version: bool = False
    corrected: bool = False
    check: bool = True


@dataclass(frozen=True)
class PublishedVersion:
    """
    What `publish` came to.

    Args:
        version (`Version`, *optional*):
            The version that holds the release now; `None` for a pull request.
        new (`bool`):
            Whether something was published; otherwise everything was there already.
        changes (`tuple[str, ...]`):
            What changed, a line of Markdown each.
        verdict (`str`, *optional*):
            The smallest bump that the rule allows for these changes; `None` for a first version.
        link (`str`):
            Where to look at it: the place, or the pull request.
        notes (`tuple[str, ...]`):
            What the publisher has to know.
    """

    version: Version | None
    new: bool
    changes: tuple[str, ...]
    verdict: Bump | None
    link: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _There:
    """What is published at the moment: the newest state, the last version, and which versions there are."""

    snapshot: Snapshot
    head: State | None
    card: CardParts
    changelog: str
    tagged: State | None
    versions: dict[Version, str]

    @property
    def last(self) -> Version | None:
        return max(self.versions, default=None)


def publish_release(place: Place, release: ReleaseFolder | None, options: PublishOptions) -> PublishedVersion:
    """
    Publish a release: one commit, a tag, and a look whether it can be loaded. When somebody else publishes in between,
    it starts again from what is there then, so that nothing of either is lost.

    Args:
        place (`Place`):
            Where to.
        release (`ReleaseFolder`, *optional*):
            What; when not given, what is there already and no version has yet.
        options (`PublishOptions`):
            How.

    Raises:
        PublishError: It can't be published; the message says why.
    """
    notes: list[str] = []
    if release is not None and options.corrected:
        notes = take_corrections(release, options.variants, published_rows_of(place))
    ours = local_state(release, options.variants) if release is not None else None
    finished: set[Version] = set()
    for attempt in range(TRIES):
        try:
            done = _once(place, release, ours, options, finished)
            return replace(done, notes=(*notes, *done.notes))
        except PlaceMovedError as error:
            moved = error
            time.sleep(min(4.0, 0.2 * 2**attempt) * random.uniform(0.5, 1.0))
    raise PublishError(f"Given up after {TRIES} tries: {moved} Run it again to go on.") from moved


def _once(
    place: Place,
    release: ReleaseFolder | None,
    ours: State | None,
    options: PublishOptions,
    finished: set[Version],
) -> PublishedVersion:
    there = _look(place, options, finished, create=release is not None and not options.create_pr)
    if release is not None and ours is not None:
        merged = merge(
            release,
            ours,
            there.head,
            there.tagged,
            published_card=there.card,
            proposing=options.create_pr,
            rejections=options.rejections,
        )
        _no_file_of_others(place, there, merged)
        if options.variants is None:
            _no_step_back(place, there, ours)
    elif there.head is not None:
        merged, ours = Merged(there.head, {}, ()), there.head
    else:
        raise PublishError(f"{place.name} holds no release yet to make a version of; name a release folder.")
    new = changes(there.head, merged.state) if there.head else []
    if there.head is not None and not new and (options.create_pr or not _pending(there)):
        checked = max(finished, default=None if options.create_pr else there.last)
        if checked is not None and options.check:  # whoever published it may have been stopped before
            place.check(checked, ours.provenances)
        return PublishedVersion(there.last, bool(finished), (), None, place.link, merged.notes)
    if options.create_pr:
        return _propose(place, there, merged, ours, new, options)
    return _commit(place, there, merged, ours, options)


def _look(place: Place, options: PublishOptions, finished: set[Version], *, create: bool) -> _There:
    """What is there now; versions whose publisher was stopped before the tag are tagged first."""
    snapshot = place.head()
    if snapshot is None:
        if not create:
            raise PublishError(
                f"{place.name} is not there, or you may not see it. Check the name; `publish RELEASE --repo` makes it."
            )
        place.create(private=options.private)
        snapshot = place.head() or Snapshot("", frozenset())
    if options.private and snapshot.public:
        raise PublishError(
            f"{place.name} is there already, and public. Make it private in its settings, publish under another name, "
            "or leave out --private."
        )
    versions = place.versions()
    if not options.create_pr:
        for version, revision in place.unfinished(versions).items():
            place.tag(version, revision)
            finished.add(version)
            versions[version] = revision
            snapshot = place.head() or snapshot
    ours = is_ours(snapshot)
    others = sorted((snapshot.files - {".gitattributes"}) | snapshot.foreign)
    if not ours and others and not options.adopt:
        raise PublishError(
            f"{place.name} holds files that are no release of synth-builder ({', '.join(others[:3])}"
            f"{', ...' if len(others) > 3 else ''}). Publish under another name, or beside them with --adopt."
        )
    head = read_state(place, snapshot) if ours else None
    card = head.card if head else read_card(place, snapshot)
    changelog = head.changelog if head else read_text(place, snapshot, "CHANGELOG.md")
    tagged = None
    if versions:
        at = place.at(versions[max(versions)])
        tagged = head if at.revision == snapshot.revision else read_state(place, at) if is_ours(at) else None
    return _There(snapshot, head, card, changelog, tagged, versions)


def _pending(there: _There) -> bool:
    """Whether variants were merged, by pull request, that no version has yet."""
    if there.head is None or there.tagged is None:
        return True  # the last version, if there is one, is of something else
    return any(change.variant for change in changes(there.tagged, there.head))


def _commit(place: Place, there: _There, merged: Merged, ours: State, options: PublishOptions) -> PublishedVersion:
    found: list[Change] = []
    if there.tagged is not None:
        found = changes(there.tagged, merged.state) or changes(there.head or there.tagged, merged.state)
        lines = lines_of(found)
    else:
        lines = _all_of(merged.state)
    # Where the versions so far are of something else, all of it is new.
    least = verdict(found) if found else "minor" if there.last else None
    version = _chosen(place, there, options, least, lines)
    files, notes = _texts(
        there, merged, ours, place.source(version)[0], place.download(version), place.files_at(version)
    )
    files["CHANGELOG.md"] = with_version(there.changelog, version, datetime.now(UTC).date(), lines).encode()
    title = lines[0].rstrip(".") if len(lines) == 1 else f"{len(lines)} changes"
    revision = place.commit(
        merged.changes | files,
        parent=there.snapshot.revision or None,
        version=version,
        title=title,
        description="\n".join(f"- {line}" for line in lines),
    )
    place.tag(version, revision)
    if options.check:
        place.check(version, ours.provenances)
    told = (*merged.notes, *notes, *_local_data(merged.state.recipe))
    return PublishedVersion(version, True, tuple(lines), least, place.link, told)


def _chosen(place: Place, there: _There, options: PublishOptions, least: Bump | None, lines: Sequence[str]) -> Version:
    """The version to make: the asked one where the rule allows it, or the rule's."""
    if there.last is None:
        return options.version or FIRST
    smallest = there.last.bumped(least or "patch")
    if options.version is not None:
        if options.version in there.versions:
            raise PublishError(
                f"{options.version.tag} of {place.name} is published already, and a published version never changes. "
                f"The next free one for these changes is {smallest.tag}."
            )
        if options.version < there.last:
            raise PublishError(
                f"{options.version.tag} lies before {there.last.tag}, the last version of {place.name}. The next free "
                f"one for these changes is {smallest.tag}."
            )
    wanted = options.version or there.last.bumped(options.bump or least or "patch")
    if wanted < smallest and not options.force_version:
        raise PublishError(
            f"These changes ask for a {least} version, {smallest.tag} at least; {wanted.tag} would tell people that "
            f"less has changed: {lines[0]} Leave the version to the rule, or insist with --force-version."
        )
    return wanted


def _texts(
    there: _There, merged: Merged, ours: State, source: str, download: str | None = None, pictures_base: str = ""
) -> tuple[dict[str, Content | None], list[str]]:
    state, notes = with_card(
        merged.state,
        there.head,
        there.card,
        source=source,
        download=download,
        pictures_base=pictures_base,
        extra=ours.card.front,
    )
    return {"README.md": state.card.to_text().encode()}, notes


def _propose(
    place: Place, there: _There, merged: Merged, ours: State, new: list[Change], options: PublishOptions
) -> PublishedVersion:
    if not isinstance(place, HubPlace):
        raise PublishError(f"{place.name} knows no pull requests; leave out --create-pr.")
    files, notes = _texts(there, merged, ours, place.name)
    lines = lines_of(new) if there.head else _all_of(merged.state)
    changed = [change.variant for change in new if change.variant] if there.head else merged.state.provenances
    names = ", ".join(dict.fromkeys(changed)) or "card"
    made = place.propose(
        merged.changes | files,
        parent=there.snapshot.revision,
        title=f"synth-builder: {names}",
        description=proposal(merged.state, lines, list(ours.provenances)),
    )
    if options.check:
        verify(place.name, {"revision": made.revision}, ours.provenances)
    return PublishedVersion(
        None, True, tuple(lines), verdict(new) if new else None, made.link, (*merged.notes, *notes)
    )


def _all_of(state: State) -> list[str]:
    return [described(name, provenance) + "." for name, provenance in state.provenances.items()]


def _no_file_of_others(place: Place, there: _There, merged: Merged) -> None:
    if there.head is None and (taken := sorted(there.snapshot.files.intersection(merged.changes))):
        raise PublishError(
            f"{place.name} has a file {taken[0]} of its own, which the release would write over. Rename it there, or "
            "publish under another name."
        )


def _no_step_back(place: Place, there: _There, ours: State) -> None:
    """A variant that was published anew must not go back because an old copy of it lies in the release."""
    for name, provenance in ours.provenances.items():
        now = there.head.provenances.get(name) if there.head else None
        if now is None or same_rows(now, provenance):
            continue
        rows, there_now = (
            {split: told["rows_sha256"] for split, told in known["splits"].items()} for known in (provenance, now)
        )
        if rows == there_now:
            continue  # the same rows, made in another way
        for version, snapshot in earlier_versions(place, there.versions):
            if digests_told(place, snapshot, name) == rows:
                raise PublishError(
                    f"The release has the rows of {name!r} that {place.name} had in {version.tag}; other ones were "
                    "published since, which it would take back. Name the variants that you mean with --variant; to go "
                    f"back on purpose, name {name!r} among them."
                )


def _local_data(recipe: Recipe) -> list[str]:
    references = [recipe.real.train, recipe.real.test] if recipe.real else []
    local = [reference for reference in references if reference and reference.lower().endswith(LOCAL_SUFFIXES)]
    if not local:
        return []
    return [
        f"The recipe names local files ({', '.join(local)}) that nobody else has: others can load the rows, but not "
        "rebuild or score them without these files."
    ]
