from pathlib import Path

from synth_builder.errors import UnknownNameError
from synth_builder.registry import nearest

NAMES = ("synthetic_diversity", "synthetic_utility")


def folder(name: str) -> str:
    """
    Where a module is, for `evaluate.load`, which needs no network for a folder.

    Args:
        name (`"synthetic_utility"` or `"synthetic_diversity"`):
            Which module.

    Raises:
        UnknownNameError: There is no such module.
    """
    if name not in NAMES:
        raise UnknownNameError(
            f"There is no module {name!r}.{nearest(name, list(NAMES))} There are: {', '.join(NAMES)}."
        )
    return str(Path(__file__).parent / name)
