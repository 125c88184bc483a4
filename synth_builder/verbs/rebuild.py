from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import default_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.generation.budget import Budget
from synth_builder.publishing.published import Published, open_published, read_address
from synth_builder.publishing.rebuild_recipe import published_variants, recipe_to_rebuild
from synth_builder.publishing.rebuilt import RebuiltVariant, rebuilt_variant
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants


@dataclass(frozen=True)
class Rebuilt:
    """
    What a rebuild came to.

    Args:
        published (`str`):
            What was built again, for example `ada/films@v1.0.0`.
        release (`Path`):
            The release folder.
        variants (`tuple[RebuiltVariant, ...]`):
            Each variant beside the published one.
    """

    published: str
    release: Path
    variants: tuple[RebuiltVariant, ...]


def rebuild(
    repo: str,
    variants: Sequence[str] | None = None,
    *,
    out: str | Path | None = None,
    engine: Engine | str | None = None,
    endpoint: str | Iterable[str] = (),
    model: str | None = None,
    concurrency: int | None = None,
    api_key_env: str | None = None,
    overrides: Iterable[str] = (),
    new_draw: bool = False,
    seed: int | None = None,
    fresh: bool = False,
) -> Rebuilt:
    """
    Build a published dataset again from its recipe, and compare the rows with the published ones. Nothing of the
    repository is executed, and no file of this machine is read because the repository names it.

    Args:
        repo (`str`):
            `owner/name` of a dataset on the Hub, or `owner/name@v1.0.0`; the last version when none is named.
        variants (`Sequence[str]`, *optional*):
            Variants to build; all when not given.
        out (`str` or `Path`, *optional*):
            The release folder, `releases/<recipe name>-rebuilt` when not given. Building again continues there.
        engine (`Engine` or `str`, *optional*):
            Who writes the rows. `tgi` with an endpoint and `embedded` without one, when not given.
        endpoint (`str` or `Iterable[str]`, defaults to `()`):
            URLs of the servers.
        model (`str`, *optional*):
            Model id or local directory, where the engine lets one choose.
        concurrency (`int`, *optional*):
            Requests under way at once.
        api_key_env (`str`, *optional*):
            Name of the environment variable that holds the endpoint's key.
        overrides (`Iterable[str]`, defaults to `()`):
            `key.path=value` settings over the recipe: `real.train=PATH` for real data in files that nobody published.
        new_draw (`bool`, defaults to `False`):
            Whether to draw new rows, with another seed.
        seed (`int`, *optional*):
            The seed of a new draw; the next number when not given.
        fresh (`bool`, defaults to `False`):
            Whether to forget what was built and answered in the release folder before.

    Returns:
        `Rebuilt`: Where the rows are, and whether they are the published ones.

    Raises:
        PublishError: There is no such dataset, version or variant, or its recipe leans on files that were not given.
        SynthBuilderError: It can't be built.
    """
    settings = EngineSettings(
        endpoints=(endpoint,) if isinstance(endpoint, str) else tuple(endpoint),
        model=model,
        concurrency=concurrency,
        api_key_env=api_key_env,
    )
    published = open_published(*read_address(repo))
    names = published_variants(published, variants)
    return rebuild_published(
        published,
        names,
        engine or default_engine(settings),
        settings,
        out=out,
        overrides=overrides,
        new_draw=new_draw,
        seed=seed,
        fresh=fresh,
    )


def rebuild_published(
    published: Published,
    names: Sequence[str],
    engine: Engine | str,
    settings: EngineSettings,
    *,
    out: str | Path | None = None,
    overrides: Iterable[str] = (),
    new_draw: bool = False,
    seed: int | None = None,
    fresh: bool = False,
    policy: RetryPolicy | None = None,
    budget: Budget | None = None,
) -> Rebuilt:
    """
    The same for a version that was opened already.

    Args:
        published (`Published`):
            The version.
        names (`Sequence[str]`):
            Its variants to build; see `published_variants`.
        engine (`Engine` or `str`):
            Who writes the rows.
        settings (`EngineSettings`):
            What the user said about the engine.
        out (`str` or `Path`, *optional*):
            The release folder.
        overrides (`Iterable[str]`, defaults to `()`):
            `key.path=value` settings over the recipe.
        new_draw (`bool`, defaults to `False`):
            Whether to draw new rows.
        seed (`int`, *optional*):
            The seed of a new draw.
        fresh (`bool`, defaults to `False`):
            Whether to forget what was built before.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engine.
        budget (`Budget`, *optional*):
            How much each variant may use.

    Raises:
        SynthBuilderError: It can't be built, or the published rows can't be read.
    """
    recipe = recipe_to_rebuild(published, names, overrides, new_draw=new_draw, seed=seed)
    release = ReleaseFolder(Path(out) if out is not None else Path("releases") / f"{recipe.name}-rebuilt")
    built = build_variants(recipe, names, release, engine, settings, fresh=fresh, policy=policy, budget=budget)
    variants = (rebuilt_variant(published, release, one.provenance, new_draw=new_draw) for one in built)
    return Rebuilt(published.name, release.path, tuple(variants))
