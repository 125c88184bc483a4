import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.distributed.storage.known_storages import bring_home, forget, leave
from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import EngineChoice, default_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import RecipeError, ReleaseError
from synth_builder.generation.budget import Budget
from synth_builder.generation.generate import generate
from synth_builder.generation.lock import BuildLock
from synth_builder.generation.tally import Tally
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import FileReference, parse_reference
from synth_builder.releases.card.card import write_card
from synth_builder.releases.changelog import changelog
from synth_builder.releases.data_folder import write_data
from synth_builder.releases.folder import PROVENANCE_FORMAT, WORK, ReleaseFolder, write_whole
from synth_builder.releases.provenance import provenance_of, task_columns
from synth_builder.releases.rejections import write_rejections
from synth_builder.verbs.built_variant import BuiltVariant, asked_model, finished
from synth_builder.verbs.preparation import Prepared, prepared
from synth_builder.verbs.spread import Spread, generate_spread

if TYPE_CHECKING:
    import datasets


def build(
    recipe: Recipe | str | Path | Mapping[str, Any],
    variant: str | None = None,
    *,
    out: str | Path | None = None,
    engine: Engine | str | None = None,
    endpoint: str | Iterable[str] = (),
    model: str | None = None,
    concurrency: int | None = None,
    api_key_env: str | None = None,
    checker: EngineChoice | Engine | str | None = None,
    overrides: Iterable[str] = (),
    fresh: bool = False,
) -> "datasets.DatasetDict":
    """
    Build one variant of a recipe and load it.

    Args:
        recipe (`Recipe`, `str`, `Path` or `dict`):
            The recipe, where it is, or its keys as plain values.
        variant (`str`, *optional*):
            Which variant. May be left out when the recipe has just one.
        out (`str` or `Path`, *optional*):
            The release folder, `releases/<recipe name>` when not given. Building again continues there.
        engine (`Engine` or `str`, *optional*):
            Who writes the rows: an engine, or the name of one. `tgi` with an endpoint and `embedded` without one, when
            not given.
        endpoint (`str` or `Iterable[str]`, defaults to `()`):
            URLs of the servers.
        model (`str`, *optional*):
            Model id or local directory, where the engine lets one choose.
        concurrency (`int`, *optional*):
            Requests under way at once.
        api_key_env (`str`, *optional*):
            Name of the environment variable that holds the endpoint's key.
        checker (`EngineChoice`, `Engine` or `str`, *optional*):
            Who is asked what filters ask about rows (`verification`), in place of the engine that writes: an engine,
            the name of one, or a name with settings of its own, as `EngineChoice("tgi",
            EngineSettings(endpoints=("http://127.0.0.1:8081",)))`.
        overrides (`Iterable[str]`, defaults to `()`):
            `key.path=value` settings over the recipe, when it is given as a file.
        fresh (`bool`, defaults to `False`):
            Whether to forget what was built and answered before.

    Returns:
        `datasets.DatasetDict`: The splits of the variant.

    Raises:
        SynthBuilderError: One of its kinds; see `synth_builder.errors`.
    """
    recipe = as_recipe(recipe, overrides)
    if variant is None and len(recipe.variants) > 1:
        raise RecipeError(
            f"The recipe {recipe.name!r} has several variants; name one: variant={next(iter(recipe.variants))!r}. "
            f"Variants: {', '.join(recipe.variants)}. The command line builds all of them when none is named."
        )
    settings = EngineSettings(
        endpoints=(endpoint,) if isinstance(endpoint, str) else tuple(endpoint),
        model=model,
        concurrency=concurrency,
        api_key_env=api_key_env,
    )
    release = ReleaseFolder(Path(out) if out is not None else default_out(recipe))
    names = [variant] if variant is not None else list(recipe.variants)
    if checker is not None and not isinstance(checker, EngineChoice):
        checker = EngineChoice(checker)
    engine = engine or default_engine(settings)
    build_variants(recipe, names, release, engine, settings, checker=checker, fresh=fresh)

    import datasets

    return datasets.load_dataset(str(release.path.resolve()), names[0])


def build_variants(
    recipe: Recipe,
    names: Iterable[str],
    release: ReleaseFolder,
    engine: Engine | str,
    settings: EngineSettings,
    *,
    checker: EngineChoice | None = None,
    fresh: bool = False,
    policy: RetryPolicy | None = None,
    budget: Budget | None = None,
    spread: Spread | None = None,
) -> list[BuiltVariant]:
    """
    Build variants of a recipe into a release folder, one after the other; each is complete, with the card, before the
    next.

    Args:
        recipe (`Recipe`):
            What to build.
        names (`Iterable[str]`):
            Its variants.
        release (`ReleaseFolder`):
            Where; made when it is not there.
        engine (`Engine` or `str`):
            Who writes the rows.
        settings (`EngineSettings`):
            What the user said about the engine.
        checker (`EngineChoice`, *optional*):
            Who is asked what filters ask about rows; the engine itself when not given.
        fresh (`bool`, defaults to `False`):
            Whether to forget what was built and answered before.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engines.
        budget (`Budget`, *optional*):
            How much each variant may use.
        spread (`Spread`, *optional*):
            A cluster on which it is done, with the same rows.

    Raises:
        SynthBuilderError: One of its kinds; variants that were complete before stay.
    """
    variants = prepared(recipe, names, engine, settings, checker)
    built = []
    text = resolved(recipe, release).to_yaml()
    if recipe.file == release.recipe.resolve() and release.recipe.read_text(encoding="utf-8") != text:
        raise RecipeError(
            f"A build into {str(release.path)!r} would overwrite the recipe {str(release.recipe)!r} with its resolved "
            "form; give another folder with --out."
        )
    _nothing_of_others(release)
    with BuildLock(release.path / WORK):
        _one_task(recipe, [one.setup.variant.name for one in variants], release)
        write_whole(release.recipe, text)
        for one in variants:
            name = one.setup.variant.name
            if fresh:
                forget(release.work(name))
                shutil.rmtree(release.work(name), ignore_errors=True)
                release.provenance(name).unlink(missing_ok=True)
            built.append(
                finished(one, release, settings) or _build(one, release, settings, policy, budget, checker, spread)
            )
            leave(release.work(name))
            _write_card_and_changelog(release, recipe)
    return built


def are_finished(
    recipe: Recipe,
    names: Iterable[str],
    release: ReleaseFolder,
    engine: Engine | str,
    settings: EngineSettings,
    checker: EngineChoice | None = None,
) -> bool:
    """
    Whether all variants are built already, so that `build_variants` has nothing to ask; see there for the arguments.

    Raises:
        SynthBuilderError: As `build_variants`, before its first request.
    """
    names = list(names)
    if any(release.read_provenance(name) is None for name in names):
        return False
    variants = prepared(recipe, names, engine, settings, checker)
    return all(finished(one, release, settings) is not None for one in variants)


def as_recipe(recipe: Recipe | str | Path | Mapping[str, Any], overrides: Iterable[str] = ()) -> Recipe:
    """A recipe from what users may give for one."""
    if isinstance(recipe, Recipe):
        return recipe
    return Recipe.from_dict(dict(recipe)) if isinstance(recipe, Mapping) else Recipe.load(recipe, overrides)


def default_out(recipe: Recipe) -> Path:
    """Where a release goes when nothing else is said."""
    return Path("releases") / recipe.name


def resolved(recipe: Recipe, release: ReleaseFolder) -> Recipe:
    """The recipe as it goes into the release: paths start at its folder, prompts from files are written out."""
    data = recipe.model_dump(mode="json", exclude_none=True)
    folder = release.path.resolve()
    for key in ("train", "test"):
        reference = data.get("real", {}).get(key)
        parsed = parse_reference(reference, recipe.directory) if reference else None
        if isinstance(parsed, FileReference):
            data["real"][key] = str(_relative(parsed.path, folder))
    for name, variant in data["variants"].items():
        if variant.pop("prompt_file", None) is not None:
            variant["prompt"] = recipe.variant(name).prompt
    return Recipe.from_dict(data, directory=folder, check_files=False)


def hand_written(recipe: Recipe) -> str | None:
    """
    Sections of the card that a person wrote for a recipe: `cards/<file name>.md` beside the folder of the recipe.
    `None` when there are none, and for a recipe that is no file.
    """
    if recipe.file is None:
        return None
    path = recipe.file.parent.parent / "cards" / f"{recipe.file.stem}.md"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _nothing_of_others(release: ReleaseFolder) -> None:
    """A card or changelog that no build wrote is somebody's own, in a project's folder for example."""
    if (release.path / WORK).exists() or (release.path / "provenance").exists():
        return
    for path in (release.card, release.changelog):
        if path.exists():
            raise ReleaseError(
                f"The folder {str(release.path)!r} is no release and holds a {path.name}, which a build would "
                "overwrite; give another folder with --out."
            )


def _one_task(recipe: Recipe, names: Iterable[str], release: ReleaseFolder) -> None:
    """A release holds one task: variants that stay as they are must have the recipe's columns and labels."""
    task = task_columns(recipe.task)
    for name in release.variants():
        provenance = release.read_provenance(name)
        if name in names or provenance is None:
            continue
        if provenance.get("format") != PROVENANCE_FORMAT:
            raise ReleaseError(
                f"The release {str(release.path)!r} holds the variant {name!r}, which was built by another version of "
                "synth-builder. Build that variant again too (no request is repeated), or build into another folder "
                "with --out."
            )
        if provenance["task"] != task:
            raise ReleaseError(
                f"The release {str(release.path)!r} holds the variant {name!r}, which was built with other columns or "
                "labels than the recipe has now. Build that variant too, or build into another folder with --out."
            )


def _build(
    one: Prepared,
    release: ReleaseFolder,
    settings: EngineSettings,
    policy: RetryPolicy | None,
    budget: Budget | None,
    checker: EngineChoice | None,
    spread: Spread | None,
) -> BuiltVariant:
    setup = one.setup
    name = setup.variant.name
    work = release.work(name)
    work.mkdir(parents=True, exist_ok=True)
    if spread is None:
        bring_home(work)
        generated = generate(setup, one.engine, work, policy, budget=budget, checker=one.checker)
    else:
        generated = generate_spread(one, settings, work, spread, policy, budget=budget, checker=checker)
    try:
        # From here to the new provenance the variant is unfinished: a kill between makes the next run finish it.
        release.provenance(name).unlink(missing_ok=True)
        shutil.rmtree(release.path / "data" / name, ignore_errors=True)
        write_rejections(generated.rejected(), release.rejections(name))
        if not generated.tally.rows:
            raise ReleaseError(_no_rows(generated.tally, release, name))
        splits = [split for split in setup.variant.generation.rows if split in generated.accepted.splits()]
        rows = {split: generated.rows(split) for split in splits}
        written = write_data(release, name, rows, setup.recipe.task)
        provenance = provenance_of(generated, written) | {"asked_model": asked_model(settings)}
        if one.checker is not None:
            provenance["asked_checker"] = one.checker.named
        if budget is not None and budget.priced:
            provenance["cost"] = _cost(generated.tally, budget)
    except OSError as error:
        raise ReleaseError(
            f"The rows of {name!r} can't be written to {str(release.path)!r}: {error}. What was answered is kept; "
            "free some disk space and run again."
        ) from error
    finally:
        generated.close()
    # Measures and pictures belong to the rows that they were measured on.
    for found in release.measures(name):
        found.unlink(missing_ok=True)
    for picture in release.pictures(name):
        (release.path / picture).unlink()
    release.write_provenance(name, provenance)
    return BuiltVariant(name, provenance, generated.asked_now, generated.seconds, finished_before=False)


def _cost(tally: Tally, budget: Budget) -> dict[str, Any]:
    """What all tokens cost, and at which prices."""
    total = budget.cost(tally.prompt_tokens, tally.completion_tokens, tally.checker_tokens)
    cost = {"total": round(total, 6), "per_million_tokens": asdict(budget.prices)}
    if tally.has_checker:
        cost["checker_per_million_tokens"] = asdict(budget.checker_prices)
    return cost


def _write_card_and_changelog(release: ReleaseFolder, recipe: Recipe) -> None:
    write_whole(release.changelog, changelog(release.provenances()))
    write_card(release, hand_written(recipe))


def _no_rows(tally: Tally, release: ReleaseFolder, name: str) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in tally.rejected.most_common())
    return (
        f"None of {tally.asked} replies became a row of variant {name!r} (failed: {tally.failed}; rejected: "
        f"{reasons or 'none'}), so there is nothing to release. The raw replies stand in "
        f"{str(release.rejections(name))!r}; better prompts, milder filters or a larger generation.max_draws help."
    )


def _relative(path: Path, folder: Path) -> Path:
    return Path(os.path.relpath(path, folder))
