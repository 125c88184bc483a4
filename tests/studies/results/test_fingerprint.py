"""What decides a study's results, as one hash."""

import hashlib
from typing import Any

from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import made_up


def of(results: StudyResults) -> str:
    return results_fingerprint(results.study, results.variants, results.tasks)


def test_it_is_the_sha256_of_the_study_the_rows_and_the_test_rows() -> None:
    # What it is called and how many requests were under way changes nothing.
    study = {"name": "small", "description": "Few.", "engine": {"name": "tgi", "concurrency": 8}, "seeds": 3}
    results = made_up(tasks=("sst2",), variants=("zero_shot",), study=study)
    real = results.tasks[0].model_copy(update={"real_fingerprint": "real-sst2"})
    results = results.model_copy(update={"tasks": (real,)})
    text = (
        '{"real_rows":[["sst2","real-sst2"]],"rows":[["sst2","zero_shot","rows-sst2-zero_shot"]],'
        '"study":{"engine":{"name":"tgi"},"seeds":3},"test_rows":[["sst2","test-sst2"]]}'
    )
    assert of(results) == hashlib.sha256(text.encode()).hexdigest()


def test_other_settings_other_rows_and_other_test_rows_change_it() -> None:
    results = made_up()
    variant, task = results.variants[0], results.tasks[0]
    changed: list[dict[str, Any]] = [
        {"study": results.study | {"seeds": 5}},
        {"variants": (variant.model_copy(update={"rows_fingerprint": "other"}), *results.variants[1:])},
        {"tasks": (task.model_copy(update={"test_fingerprint": "other"}), *results.tasks[1:])},
        {"tasks": (task.model_copy(update={"real_fingerprint": "other"}), *results.tasks[1:])},
        {"variants": results.variants[1:]},
    ]
    found = {of(results), *(of(results.model_copy(update=change)) for change in changed)}
    assert len(found) == 1 + len(changed)


def test_scores_and_the_order_of_the_parts_do_not_change_it() -> None:
    results = made_up()
    again = results.model_copy(
        update={"cells": (), "variants": results.variants[::-1], "tasks": results.tasks[::-1], "seconds": 1.0}
    )
    assert of(again) == of(results)
