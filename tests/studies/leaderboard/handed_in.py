"""Results as others hand them in: honest ones, whose fingerprint is right, and hostile ones."""

from pathlib import Path
from typing import Any

from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import made_up

SCRIPT = "<script>window.__pwned = 1</script>"
IMAGE = '"><img src=x onerror="window.__pwned = 2">'
TEMPLATE = "${window.__pwned = 3} {{constructor.constructor('window.__pwned = 4')()}} `"
LINK = "javascript:window.__pwned=5"
TURNED = "safe\u202egnp.exe\u2066\u0000\u001b[31m"
LONG = "very long " * 20_000
ENTITY = "&lt;img src=x onerror=window.__pwned=6&gt;</textarea></title></style>"
HOSTILE = (SCRIPT, IMAGE, TEMPLATE, LINK, TURNED, LONG, ENTITY)


def with_fingerprint(results: StudyResults) -> StudyResults:
    fingerprint = results_fingerprint(results.study, results.variants, results.tasks)
    return results.model_copy(update={"fingerprint": fingerprint})


def small(**changes: Any) -> StudyResults:
    """One task, two variants, one classifier; the fingerprint is right."""
    return with_fingerprint(made_up(("sst2",), ("zero_shot", "few_shot"), ("tfidf",), **changes))


def hostile() -> StudyResults:
    """Every name and text is hostile, and the file has the right form and plausible numbers."""
    results = made_up((SCRIPT, TURNED), (IMAGE, TEMPLATE, LONG), (ENTITY,), model=LINK, name=IMAGE)
    variants = tuple(
        variant.model_copy(
            update={
                "strategy": SCRIPT,
                "engine": TEMPLATE,
                "source": LINK,
                "options": {IMAGE: SCRIPT, LONG: 1},
                "rejected": {SCRIPT: 3},
                "samples": tuple({text: text, "text": IMAGE} for text in HOSTILE),
            }
        )
        for variant in results.variants
    )
    return results.model_copy(update={"variants": variants, "notes": HOSTILE, "versions": {IMAGE: SCRIPT}})


def write_studies(folder: Path, *studies: StudyResults) -> Path:
    """Write each to a folder of its own."""
    for number, results in enumerate(studies):
        results.write(folder / f"study_{number}" / "results.json")
    return folder
