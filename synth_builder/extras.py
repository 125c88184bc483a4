import importlib
from types import ModuleType

from synth_builder.errors import MissingExtraError


def require(package: str, extra: str) -> ModuleType:
    """
    Import an optional package, or say how to get it.

    Args:
        package (`str`):
            Name to import, for example `"torch"`.
        extra (`str`):
            The extra of `synth-builder` that brings it, for example `"score"`.

    Returns:
        `ModuleType`: The imported package.

    Raises:
        MissingExtraError: The package, or something that it needs itself, is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"This needs the package {error.name!r}, which is not installed. "
            f"Install it with: pip install 'synth-builder[{extra}]'"
        ) from error
