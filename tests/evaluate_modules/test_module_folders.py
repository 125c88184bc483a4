import pytest

from synth_builder.errors import UnknownNameError
from synth_builder.evaluate_modules import NAMES, folder
from tests.evaluate_modules.module_folders import MODULES


def test_every_folder_with_a_card_is_a_module_that_can_be_named() -> None:
    found = [path for path in MODULES.iterdir() if (path / "README.md").is_file()]
    assert sorted(str(path) for path in found) == [folder(name) for name in NAMES]


def test_an_unknown_module_is_refused() -> None:
    with pytest.raises(
        UnknownNameError, match=r"no module 'utility'.* There are: synthetic_diversity, synthetic_util"
    ):
        folder("utility")
