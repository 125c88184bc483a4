from collections.abc import Iterable, Mapping
from typing import Any

from synth_builder.recipes.fingerprint import digest
from synth_builder.studies.results.parts import StudiedTask, StudiedVariant

# They change nothing that is found.
_WORDS_AND_PACE = ("name", "description")


def results_fingerprint(
    study: Mapping[str, Any], variants: Iterable[StudiedVariant], tasks: Iterable[StudiedTask]
) -> str:
    """
    Hash of exactly what decides a study's results: two studies with equal fingerprints train the same classifiers on
    the same rows and test them on the same ones. What a study is called, how many requests were under way, and in
    which order variants and tasks come, changes nothing.

    Args:
        study (`Mapping[str, Any]`):
            The study as resolved, plain values.
        variants (`Iterable[StudiedVariant]`):
            Whose rows are trained on; of each the hash of its rows counts.
        tasks (`Iterable[StudiedTask]`):
            What is tested; of each the hashes of its test rows and of its real training rows count.

    Returns:
        `str`: 64 hexadecimal digits, the SHA-256 of the canonical JSON of these.
    """
    settings = {name: value for name, value in study.items() if name not in _WORDS_AND_PACE}
    engine = settings.get("engine")
    if isinstance(engine, Mapping):
        settings["engine"] = {name: value for name, value in engine.items() if name != "concurrency"}
    decisive = {
        "study": settings,
        "rows": sorted([each.task, each.variant, each.rows_fingerprint] for each in variants),
        "test_rows": sorted([task.name, task.test_fingerprint] for task in tasks),
        "real_rows": sorted([task.name, task.real_fingerprint or ""] for task in tasks),
    }
    return digest(decisive, length=64)
