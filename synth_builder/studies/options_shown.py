from collections.abc import Mapping
from typing import Any


def options_shown(options: Mapping[str, Any]) -> str:
    """Settings of a strategy in words, for tables and pages: `k 3, shots same_label`."""
    return ", ".join(f"{name} {value}" for name, value in options.items() if not isinstance(value, (list, dict)))
