import re


def file_stem(*parts: str) -> str:
    """
    A part of a file name for any names: letters, digits, `-` and `_` stay, all else becomes `_`. Different names may
    become equal, so whoever writes files numbers them.
    """
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "_", part).strip("_") or "_" for part in parts)
