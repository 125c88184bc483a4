from synth_builder.recipes.fingerprint import digest
from synth_builder.studies.results.study_results import StudyResults


def content_hash(results: StudyResults) -> str:
    """
    Hash of everything that results hold, whatever their file looks like. It tells apart what two people found who
    repeated one study: their fingerprints are equal, and their times and versions are not.

    Args:
        results (`StudyResults`):
            Any results.

    Returns:
        `str`: 64 hexadecimal digits, the SHA-256 of the canonical JSON.
    """
    return digest(results.model_dump(mode="json"), length=64)
