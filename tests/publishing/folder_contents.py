"""What lies in a folder of versions, and what its users get."""

from pathlib import Path

from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder

FILES = {
    "CHANGELOG.md",
    "README.md",
    "data/few_shot/train-00000-of-00001.parquet",
    "data/few_shot/validation-00000-of-00001.parquet",
    "provenance/few_shot.json",
    "recipe.yaml",
}
"""Files of a version that holds `few_shot` only, but for its manifest."""
V100, V110 = Version(1, 0, 0), Version(1, 1, 0)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def loaded(path: Path, variant: str, cache: Path) -> list[str]:
    import datasets

    return list(datasets.load_dataset(str(path), variant, split="train", cache_dir=str(cache))["text"])


def texts(release: ReleaseFolder, variant: str) -> list[str]:
    import pyarrow.parquet

    return list(pyarrow.parquet.read_table(release.data(variant, "train"))["text"].to_pylist())
