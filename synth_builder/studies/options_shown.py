from collections.abc import Mapping
from typing import Any

# What nearly every variant has; only what is otherwise is worth a word.
_USUAL = {"label_mode": "conditioned", "rows_per_request": 1}


def options_shown(options: Mapping[str, Any]) -> str:
    """Settings of a strategy in words, for tables and pages, but for the usual ones: `k 3, shots same_label`."""
    told = {name: value for name, value in options.items() if _USUAL.get(name) != value}
    return ", ".join(f"{name} {value}" for name, value in told.items() if not isinstance(value, (list, dict)))
