from collections.abc import Iterable, Mapping
from typing import Any

from synth_builder.recipes.fingerprint import digest
from synth_builder.studies.results.parts import StudiedTask, StudiedVariant


def results_fingerprint(
    study: Mapping[str, Any], variants: Iterable[StudiedVariant], tasks: Iterable[StudiedTask]
) -> str:
    """
    Hash of exactly what decides a study's results: two studies with equal fingerprints train the same classifiers on
    the same rows and test them on the same ones. In which order variants and tasks come changes nothing.

    Args:
        study (`Mapping[str, Any]`):
            The study as resolved, plain values.
        variants (`Iterable[StudiedVariant]`):
            Whose rows are trained on; of each the hash of its rows counts.
        tasks (`Iterable[StudiedTask]`):
            Whose rows are tested on; of each the hash of its test rows counts.

    Returns:
        `str`: 64 hexadecimal digits, the SHA-256 of the canonical JSON of the three.
    """
    decisive = {
        "study": dict(study),
        "rows": sorted([each.task, each.variant, each.rows_fingerprint] for each in variants),
        "test_rows": sorted([task.name, task.test_fingerprint] for task in tasks),
    }
    return digest(decisive, length=64)
