from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from synth_builder.publishing.compare import FOR_THE_CARD, other, same_rows
from synth_builder.publishing.local import variant_files
from synth_builder.publishing.merge_card import merged_front, merged_hand
from synth_builder.publishing.merge_recipe import merged_recipe
from synth_builder.publishing.place import Content
from synth_builder.publishing.state import State
from synth_builder.releases.card.card import computed_sections
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.card.front_matter import front_matter
from synth_builder.releases.folder import PICTURES, ReleaseFolder, provenance_text
from synth_builder.releases.pictures.score_pictures import fitting_pictures, score_pictures_of, shows_scores
from synth_builder.scoring.results.scores import Scores


@dataclass(frozen=True)
class Merged:
    """
    A published release with the variants of a local one in it.

    Args:
        state (`State`):
            What is going to be known of it.
        changes (`dict[str, bytes | Path | None]`):
            Path -> content, of every file that changes but the card and the changelog.
        notes (`tuple[str, ...]`):
            What the publisher has to know.
    """

    state: State
    changes: dict[str, Content | None]
    notes: tuple[str, ...]


def merge(
    release: ReleaseFolder,
    ours: State,
    head: State | None,
    tagged: State | None,
    *,
    published_card: CardParts,
    proposing: bool,
    rejections: bool,
) -> Merged:
    """
    Put variants of a local release into a published one. All others stay as they are, file by file.

    Args:
        release (`ReleaseFolder`):
            The local release.
        ours (`State`):
            What is to be published of it.
        head (`State`, *optional*):
            What is published now.
        tagged (`State`, *optional*):
            The last version; `head` may be further.
        published_card (`CardParts`):
            The card that is there now, be it of `head` or of a repository that is being adopted.
        proposing (`bool`):
            Whether it becomes a pull request: settings of the card are then not touched.
        rejections (`bool`):
            Whether what was not used is published as well.

    Raises:
        PublishError: The two do not go together.
    """
    changes: dict[str, Content | None] = {}
    notes: list[str] = []
    provenances = dict(head.provenances) if head else {}
    scores = dict(head.scores) if head else {}
    files = head.files if head else frozenset()
    for name, provenance in ours.provenances.items():
        if name not in provenances or not same_rows(provenances[name], provenance):
            provenances[name] = provenance
            scores.pop(name, None)  # they belong to the rows that they were measured on
            changes |= dict.fromkeys(_files_of(name, files))
            changes |= variant_files(release, ours, name)
        elif shown := {key: provenance[key] for key in FOR_THE_CARD if other(provenances[name], provenance, key)}:
            # The same rows, measured or drawn since.
            provenances[name] = {**provenances[name], **shown}
            changes[f"provenance/{name}.json"] = provenance_text(provenances[name]).encode()
            drawn = [picture for picture in release.pictures(name) if not shows_scores(picture)]
            changes |= {picture: release.path / picture for picture in drawn}
        if name in ours.scores:
            scores[name] = ours.scores[name]
        if rejections:
            unused = release.rejections(name).relative_to(release.path).as_posix()
            if not release.rejections(name).is_file():
                notes.append(f"The release has no {unused}, so what was not used of {name!r} is not published.")
            elif unused in changes or unused not in files:  # those of the same rows are the same
                changes[unused] = release.rejections(name)
    for name in ours.provenances:
        path, text = f"scores/{name}.json", scores.get(name)
        if text is not None and (path in changes or text != (head.scores.get(name) if head else None)):
            changes[path] = text.encode()
        if name in ours.scores:
            published = score_pictures_of(head.files, name).difference(changes) if head else set[str]()
            same = head is not None and head.scores.get(name) == ours.scores[name]
            changes |= _score_pictures(release, name, ours.scores[name], published, same=same)
    if head is None:
        recipe = ours.recipe
    else:
        kept = [name for name in head.provenances if name not in ours.provenances]
        recipe, told_of_it = merged_recipe(head.recipe, ours.recipe, list(ours.provenances), kept, card=not proposing)
        notes += told_of_it
    if head is None or recipe.to_yaml() != head.recipe.to_yaml():
        changes["recipe.yaml"] = recipe.to_yaml().encode()
    ordered = [name for name in recipe.variants if name in provenances]
    ordered += [name for name in provenances if name not in recipe.variants]
    card, more = merged_hand(published_card, tagged.card if tagged else None, ours.card)
    state = State(
        recipe=recipe,
        provenances={name: provenances[name] for name in ordered},
        scores={name: scores[name] for name in ordered if name in scores},
        card=card,
        changelog=head.changelog if head else "",
        files=frozenset(path for path in {*files, *changes} if changes.get(path, b"") is not None),
    )
    return Merged(state, changes, tuple([*notes, *more]))


def with_card(
    state: State,
    head: State | None,
    published_card: CardParts,
    *,
    source: str,
    download: str | None,
    pictures_base: str,
    extra: Mapping[str, object],
) -> tuple[State, list[str]]:
    """
    The state with its card written anew.

    Args:
        state (`State`):
            What is going to be published.
        head (`State`, *optional*):
            What is published now.
        published_card (`CardParts`):
            The card that is there now: metadata that others wrote there stay.
        source (`str`):
            What the card tells people to give to `load_dataset`.
        download (`str`, *optional*):
            URL that they have to copy to `source` first.
        pictures_base (`str`):
            What goes before the paths of its pictures.
        extra (`Mapping[str, object]`):
            Metadata of the local card that are not computed.

    Returns:
        `tuple[State, list[str]]`: The state, and a sentence for each value that gave way to a published one.
    """
    ours = front_matter(state.recipe, state.provenances)
    base = front_matter(head.recipe, head.provenances) if head and head.provenances else {}
    front, notes = merged_front(published_card.front, base, ours)
    front = {**{key: value for key, value in extra.items() if key not in ours}, **front}
    pictures = [path for path in state.files if path.startswith(f"{PICTURES}/")]
    sections = computed_sections(
        state.recipe,
        state.provenances,
        state.read_scores(),
        pictures,
        source=source,
        download=download,
        pictures_base=pictures_base,
    )
    return replace(state, card=state.card.with_sections(front, sections)), notes


def _score_pictures(
    release: ReleaseFolder, name: str, text: str, published: set[str], *, same: bool
) -> dict[str, Content | None]:
    """
    Changes of the pictures of a variant's scores: a published picture always shows the published scores, so it goes
    when these are others, and one of the same scores stays as it is.
    """
    drawn = fitting_pictures(release, name, Scores.parse(text, f"scores/{name}.json"))
    if same:
        return {path: release.path / path for path in drawn if path not in published}
    return dict.fromkeys(published) | {path: release.path / path for path in drawn}


def _files_of(name: str, files: Iterable[str]) -> list[str]:
    """Published files that belong to the rows of a variant."""
    whole = (f"provenance/{name}.json", f"scores/{name}.json", f"rejections/{name}.parquet")
    return [path for path in files if path in whole or path.startswith(f"data/{name}/") or _shows(path, name)]


def _shows(path: str, name: str) -> bool:
    """Whether a path is that of a picture of a variant."""
    folder, _, file = path.partition("/")
    return folder == PICTURES and file.rsplit("-", 2)[0] == name
