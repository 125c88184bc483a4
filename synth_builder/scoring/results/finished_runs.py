import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.regime_scores import Run
from synth_builder.scoring.results.whole_file import whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)


def default_folder() -> Path:
    """The folder of the Hugging Face cache where finished trainings are kept; HF_HOME moves it."""
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "synth-builder" / "runs"


class FinishedRun(Record):
    """
    A training that is done.

    Args:
        key (`dict[str, Any]`):
            Everything that its result depends on.
        run (`Run`):
            Its result.
        checked (`tuple[tuple[float, ...], ...]`, *optional*):
            What the checkers of `imp` and `dimp` gave for each training row.
    """

    key: dict[str, Any]
    run: Run
    checked: tuple[tuple[float, ...], ...] | None = None

    @property
    def checked_rows(self) -> "NDArray[np.float64] | None":
        """The same as an array, as a `Trial` has it."""
        import numpy as np

        return None if self.checked is None else np.array(self.checked)


class FinishedRuns:
    """
    Trainings that are done, one small file each, found by everything that their result depends on: rows, classifier,
    settings, seed, libraries and machine. What was interrupted goes on where it stopped, and other variants, datasets
    and studies share what is the same. A file that can't be read or written is told and costs a training, nothing
    else.

    Args:
        folder (`Path`):
            Where the files are.
        shared (`Mapping[str, Any]`):
            What all trainings have in common, as plain JSON values.
    """

    def __init__(self, folder: Path, shared: Mapping[str, Any]) -> None:
        self._folder = folder
        # As it comes back from a file: tuples are lists there.
        self._shared = json.loads(json.dumps(shared))
        self._told: set[Path] = set()

    def get(self, own: Mapping[str, Any]) -> FinishedRun | None:
        """The training with this key, or `None`. It counts as used from now on; see `remove_old_runs`."""
        key = {**self._shared, **own}
        path = self._path(key)
        try:
            found = FinishedRun.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            if path not in self._told:  # who asks whether it is done, and then for it, is told once
                self._told.add(path)
                logger.warning("%r can't be read: %s. The training is done anew.", str(path), error)
            return None
        if found.key != key:
            return None
        with contextlib.suppress(OSError):  # a folder that can only be read; nothing is removed from it either
            os.utime(path)  # so that what is used is not removed as old
        return found

    def add(self, own: Mapping[str, Any], run: Run, checked: "NDArray[np.floating] | None") -> None:
        """Keep a training."""
        key = {**self._shared, **own}
        rows = None if checked is None else tuple(map(tuple, checked.tolist()))
        path = self._path(key)
        try:
            with whole_file(path) as stream:
                stream.write(FinishedRun(key=key, run=run, checked=rows).model_dump_json().encode())
        except OSError as error:
            logger.warning("The training can't be kept in %r: %s.", str(path), error)

    def _path(self, key: Mapping[str, Any]) -> Path:
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode("ascii")).hexdigest()
        return self._folder / name[:2] / f"{name}.json"
