"""Studies for reports: one that has everything, and one whose every name is an attack."""

from typing import Any

import pytest

from synth_builder.studies.findings.catalogue import findings
from synth_builder.studies.results.parts import AgreementCurve, AgreementPoint, TaskSubjectivity
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import CLASSIFIERS, TASKS, made_up, spread

pytest.importorskip("scipy")  # answers need it

HOSTILE = "<script>alert(1)</script>&_%$#{}~^\\|*[x]`\u202e\x07\"'"


def whole(tasks: tuple[str, ...] = TASKS, **changes: Any) -> StudyResults:
    """With votes, annotations, and answers."""
    curves = [
        AgreementCurve(
            task=task,
            classifier=title,
            variant=variant,
            trained_on="real 100" if variant is None else "synthetic",
            points=tuple(AgreementPoint(agreement=at, rows=90, accuracy=spread(0.6 + at / 10)) for at in (0.0, 1.0)),
        )
        for task in tasks
        for title in CLASSIFIERS
        for variant in (None, "zero_shot")
    ]
    told = [
        TaskSubjectivity(task=task, score=at - 1.0, low=at - 2.0, high=float(at), votes=12)
        for at, task in enumerate(tasks)
    ]
    results = made_up(tasks, agreement_curves=tuple(curves), subjectivity=tuple(told), **changes)
    return results.model_copy(update={"findings": findings(results)})


def hostile() -> StudyResults:
    """All words that come from others are an attack."""
    results = made_up(
        (HOSTILE,),
        (HOSTILE, f"{HOSTILE}2"),
        (HOSTILE,),
        model=HOSTILE,
        name=HOSTILE,
        description=HOSTILE,
        fingerprint=HOSTILE,
        notes=(HOSTILE,),
        versions={HOSTILE: HOSTILE},
        created=HOSTILE,
        study={HOSTILE: [HOSTILE], "real_share": {"rows": 100}},
    )
    task = results.tasks[0].model_copy(
        update={"description": HOSTILE, "labels": (HOSTILE, "b"), "majority": HOSTILE, "test_reference": HOSTILE}
    )
    variants = tuple(
        each.model_copy(
            update={
                "strategy": HOSTILE,
                "options": {HOSTILE: HOSTILE},
                "samples": ({HOSTILE: HOSTILE},),
                "label_counts": {HOSTILE: 200},
                "short": {HOSTILE: 3},
            }
        )
        for each in results.variants
    )
    machine = results.machine.model_copy(update={"device": HOSTILE})
    results = results.model_copy(update={"tasks": (task,), "variants": variants, "machine": machine})
    return results.model_copy(update={"findings": findings(results)})
