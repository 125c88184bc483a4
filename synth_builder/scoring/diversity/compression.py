import gzip
from collections.abc import Sequence


def compression_ratio(texts: Sequence[str]) -> float | None:
    """
    Compression ratio (arXiv 2403.00553): bytes of the texts, one a line in UTF-8, divided by their bytes after gzip.

    Lower is more diverse: what is said again takes few bytes. Longer inputs compress better, so only samples of one
    size can be compared; gzip looks back 32 KiB, so repetition is seen among neighbours, and the order of the rows
    counts: give them in a random one.

    Cost: one pass over the bytes.

    Returns:
        `float`: About 1 to 1,000; below 1 for a few short texts, whose header weighs more than what is saved. `None`
        when there is no text but empty ones.
    """
    raw = "\n".join(texts).encode()
    return len(raw) / len(gzip.compress(raw, compresslevel=9, mtime=0)) if any(texts) else None
