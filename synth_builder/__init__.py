"""Build, publish and score synthetic datasets for text classifiers."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_builder.builder import SyntheticDatasetBuilder, VariantConfig
    from synth_builder.errors import SynthBuilderError
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.scoring.results.scores import Scores
    from synth_builder.studies.results.study_results import StudyResults
    from synth_builder.studies.running import run_study
    from synth_builder.studies.study import Study
    from synth_builder.verbs.build import build
    from synth_builder.verbs.diff import diff
    from synth_builder.verbs.diversity import diversity
    from synth_builder.verbs.label_quality import label_quality
    from synth_builder.verbs.preview import preview
    from synth_builder.verbs.publish import publish
    from synth_builder.verbs.rebuild import rebuild
    from synth_builder.verbs.score import score
    from synth_builder.verbs.versions import versions

__version__ = "0.1.0"

__all__ = [
    "Recipe",
    "Scores",
    "Study",
    "StudyResults",
    "SynthBuilderError",
    "SyntheticDatasetBuilder",
    "VariantConfig",
    "build",
    "diff",
    "diversity",
    "label_quality",
    "preview",
    "publish",
    "rebuild",
    "run_study",
    "score",
    "versions",
]

# Public name -> module that holds it; imported when the name is first used.
_HOME = {
    "Recipe": "synth_builder.recipes.recipe",
    "Scores": "synth_builder.scoring.results.scores",
    "Study": "synth_builder.studies.study",
    "StudyResults": "synth_builder.studies.results.study_results",
    "SynthBuilderError": "synth_builder.errors",
    "SyntheticDatasetBuilder": "synth_builder.builder",
    "VariantConfig": "synth_builder.builder",
    "build": "synth_builder.verbs.build",
    "diff": "synth_builder.verbs.diff",
    "diversity": "synth_builder.verbs.diversity",
    "label_quality": "synth_builder.verbs.label_quality",
    "preview": "synth_builder.verbs.preview",
    "publish": "synth_builder.verbs.publish",
    "rebuild": "synth_builder.verbs.rebuild",
    "run_study": "synth_builder.studies.running",
    "score": "synth_builder.verbs.score",
    "versions": "synth_builder.verbs.versions",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
