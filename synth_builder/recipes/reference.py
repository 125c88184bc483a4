import re
from dataclasses import dataclass
from pathlib import Path

from synth_builder.errors import RecipeError

LOCAL_SUFFIXES = (".parquet", ".csv", ".json", ".jsonl")

_HUB = re.compile(
    r"(?P<repo>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?(?::(?P<config>[\w.-]+))?:(?P<split>\w+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class HubReference:
    """One split of a dataset on the Hub."""

    repo: str
    split: str
    config: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class FileReference:
    """A local file of rows."""

    path: Path


def shown_name(reference: str) -> str:
    """Real data as readers are told of them: of a local file its name, and not where it lies."""
    return Path(reference).name if reference.lower().endswith(LOCAL_SUFFIXES) else reference


def mistaken_path(name: str) -> str | None:
    """
    Whether a name in the place of a repository's id is meant as a path of this machine: then the Hub is not asked.

    Args:
        name (`str`):
            What the user wrote, and is no folder here.

    Returns:
        `str`, *optional*: A sentence on what is wrong and what to do; `None` where it may be a repository.
    """
    path = Path(name)
    if path.is_file():
        return f"{name!r} is a file; expected a folder, or 'owner/name' of a dataset on the Hub."
    if name.count("/") == 1 and not name.startswith((".", "/", "~")) and path.parent.is_dir():
        return (
            f"There is no folder {name!r}, and it is not looked for on the Hub, because {str(path.parent)!r} is a "
            "folder here. Correct the path; if a dataset of that name on the Hub is meant, run this in another folder."
        )
    return None


def parse_reference(reference: str, directory: Path) -> HubReference | FileReference:
    """
    Read how a recipe names real data.

    Args:
        reference (`str`):
            `owner/name:split`, `owner/name:config:split`, either with `@revision` after the name, or the path of a
            parquet, csv, json or jsonl file.
        directory (`Path`):
            Where relative paths start: the recipe's folder.

    Raises:
        RecipeError: It is neither.
    """
    if reference.lower().endswith(LOCAL_SUFFIXES):
        return FileReference((directory / Path(reference).expanduser()).resolve())
    match = _HUB.fullmatch(reference)
    if match is None:
        raise RecipeError(
            f"{reference!r} names no data: expected 'owner/name:split' or 'owner/name:config:split' of a dataset on "
            "the "
            f"Hub, or the path of a file that ends in {', '.join(LOCAL_SUFFIXES)}."
        )
    return HubReference(match["repo"], match["split"], match["config"], match["revision"])
