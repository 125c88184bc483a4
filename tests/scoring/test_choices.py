from typing import Any

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import check_choices

RIGHT: dict[str, Any] = {
    "regimes": ["real"],
    "real_rows": [1],
    "synthetic_rows": [1],
    "loss": "imp",
    "checker_rows": 1,
    "seeds": 1,
    "method": "probe",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"regimes": []}, "^No regime is asked for; expected some of synthetic, real, augmented"),
        ({"regimes": ["fake"]}, r"^Unknown regime 'fake'\. Known: synthetic, real, augmented\.$"),
        (
            {"loss": "focall"},
            r"^Unknown loss 'focall'\. Did you mean 'focal'\? Known: cross_entropy, focal, imp, dimp",
        ),
        ({"method": "prob"}, r"^Unknown method 'prob'\. Did you mean 'probe'\? Known: fine_tuning, probe"),
        ({"real_rows": [5, 0]}, "^0 real rows are asked for; expected at least 1"),
        ({"synthetic_rows": [0]}, "^0 synthetic rows are asked for; expected at least 1"),
        ({"checker_rows": 0}, "^0 rows for the quality checker are asked for"),
        ({"seeds": -1}, "^-1 seeds are asked for"),
    ],
)
def test_unknown_words_and_small_numbers_are_refused(change: dict[str, Any], message: str) -> None:
    check_choices(**RIGHT)
    check_choices(**RIGHT | {"regimes": None, "real_rows": None, "method": None})
    with pytest.raises(ScoringError, match=message):
        check_choices(**RIGHT | change)
