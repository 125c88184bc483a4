from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth_builder.engines.base import EngineSettings
from synth_builder.errors import EngineChangedError
from synth_builder.generation.checking import no_checker_named
from synth_builder.generation.setup import Setup
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.model_name import is_model
from synth_builder.releases.folder import PROVENANCE_FORMAT, ReleaseFolder
from synth_builder.verbs.preparation import Prepared


@dataclass(frozen=True)
class BuiltVariant:
    """
    What a build of one variant came to.

    Args:
        name (`str`):
            The variant.
        provenance (`dict[str, Any]`):
            Everything that is known of it, the tally among it.
        asked_now (`int`):
            Requests that went to the engine, or to the checker, in this run.
        seconds (`float`):
            Duration of this run.
        finished_before (`bool`):
            Whether it was there already and nothing had to be done.
    """

    name: str
    provenance: Mapping[str, Any]
    asked_now: int
    seconds: float
    finished_before: bool

    @property
    def missing(self) -> int:
        """Rows that are short of what was asked."""
        return sum(sum(labels.values()) for labels in self.provenance["tally"]["short"].values())


def built_before(setup: Setup, release: ReleaseFolder, engine: str, settings: EngineSettings) -> dict[str, Any] | None:
    """
    What is known of a variant that was built before, when nothing that decides its rows has changed since.

    Args:
        setup (`Setup`):
            The variant as it is asked for now.
        release (`ReleaseFolder`):
            Where it may have been built.
        engine (`str`):
            Name of the engine that is asked now.
        settings (`EngineSettings`):
            What the user says about it.

    Returns:
        `dict[str, Any]`: Its provenance; `None` where it has to be built.

    Raises:
        EngineChangedError: It was built with another engine or model.
    """
    name = setup.variant.name
    provenance = release.read_provenance(name)
    if provenance is None or provenance.get("format") != PROVENANCE_FORMAT:
        return None  # one of another version of this package is made again, from the journal
    if provenance["fingerprint"] != setup.fingerprint:
        return None
    if not all(path.is_file() for files in release.all_data_files(provenance).values() for path in files):
        return None
    told = provenance["engine"]
    other_model = (
        settings.model is not None
        and not is_model(told, settings.model)
        and provenance["asked_model"] != asked_model(settings)
    )
    if told["engine"] != engine or other_model:
        raise EngineChangedError(
            f"Variant {name!r} was built with the engine {told['engine']!r} ({told['model']}), now {engine!r} "
            f"is asked{f' for {settings.model!r}' if settings.model else ''}. Name the same engine and model, give "
            "another folder with --out, or build it anew with `build --fresh`."
        )
    return provenance


def finished(one: Prepared, release: ReleaseFolder, settings: EngineSettings) -> BuiltVariant | None:
    """The variant as it was built before, when nothing that decides its rows has changed since; `None` otherwise."""
    name = one.setup.variant.name
    provenance = built_before(one.setup, release, one.engine.name, settings)
    if provenance is None:
        return None
    checked_by = provenance.get("checker")
    if checked_by is not None and one.checker is None:
        raise no_checker_named(f"The rows of variant {name!r}", checked_by["model"])
    if one.checker is not None and provenance.get("asked_checker") != one.checker.named:
        return None  # what was written stays, and another model is asked about it
    return BuiltVariant(name, provenance, asked_now=0, seconds=0.0, finished_before=True)


def asked_model(settings: EngineSettings) -> str | None:
    """The model as the user named it, hashed: it may be a path of this machine."""
    return digest(settings.model) if settings.model is not None else None
