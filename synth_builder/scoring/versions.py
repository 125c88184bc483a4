import platform
from collections.abc import Sequence
from importlib.metadata import version

from synth_builder import __version__


def versions_of(libraries: Sequence[str]) -> dict[str, str]:
    """Versions of this package, of Python and of some libraries."""
    return {"synth-builder": __version__, "python": platform.python_version()} | {
        name: version(name) for name in libraries
    }
