import importlib
import importlib.util
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
        raise _missing(error.name, extra, "This") from error


def check_installed(package: str, extra: str, needed_by: str) -> None:
    """
    Say how to get an optional package, where it is not there; it is not imported.

    Args:
        package (`str`):
            Name to import, for example `"ray"`.
        extra (`str`):
            The extra of `synth-builder` that brings it.
        needed_by (`str`):
            What needs it, as the user named it, for example `"--ray"`.

    Raises:
        MissingExtraError: The package is not installed.
    """
    if importlib.util.find_spec(package) is None:
        raise _missing(package, extra, needed_by)


def _missing(package: str | None, extra: str, needed_by: str) -> MissingExtraError:
    return MissingExtraError(
        f"{needed_by} needs the package {package!r}, which is not installed. "
        f"Install it with: pip install 'synth-builder[{extra}]'"
    )
