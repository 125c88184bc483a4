import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path

from synth_builder.distributed.cluster import Cluster
from synth_builder.errors import ClusterError
from synth_builder.progress import bar
from synth_builder.releases.folder import write_whole
from synth_builder.scoring.choices import TFIDF
from synth_builder.studies.measuring import measurings
from synth_builder.studies.sharing import Unit, share
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import Study
from synth_builder.studies.study_folder import StudyFolder
from synth_builder.studies.training import scorings, trainings

MARK = "cluster"
"""Name of the file by which processes tell that they see the same folder."""


def units_of_rows(study: Study, task: Studied, folder: StudyFolder) -> Iterator[Unit]:
    """
    What is done with the rows of a task: measures and trainings, one unit each.

    Args:
        study (`Study`):
            The study.
        task (`Studied`):
            The task, its variants built.
        folder (`StudyFolder`):
            Where measures and finished trainings are kept.
    """
    if study.diversity:
        yield from measurings(task, folder)
    yield from trainings(study, task, folder)


def check_cluster(study: Study, folder: StudyFolder, cluster: Cluster) -> None:
    """
    Find out before the first request whether a cluster can train what a study asks for.

    Args:
        study (`Study`):
            The study.
        folder (`StudyFolder`):
            Its folder.
        cluster (`Cluster`):
            Where it will be trained.

    Raises:
        ClusterError: A machine does not see the folder, or none has room for a process that trains.
    """
    seen = partial(_require_seen, folder.cache / MARK, _mark(folder))
    cluster.share(seen, lambda: None, on_gpus=_on_gpus(study))


def spread_trainings(study: Study, tasks: Sequence[Studied], folder: StudyFolder, cluster: Cluster) -> None:
    """
    Measure rows, train and score on a cluster. Each of its processes takes what nobody is at, as processes of one
    machine do; which of them exist is not known beforehand where they have another device than this process.

    Args:
        study (`Study`):
            The study.
        tasks (`Sequence[Studied]`):
            Its tasks, opened, their variants built.
        folder (`StudyFolder`):
            Its folder, which all machines see under this path.
        cluster (`Cluster`):
            Where it is done.

    Raises:
        ClusterError: A machine does not see the folder, or the cluster is gone.
        SynthBuilderError: What a process met.
    """
    work = partial(_work, study, tuple(tasks), folder, _mark(folder))
    with bar(None, "trainings taken up by the cluster", unit="training") as shown:
        before = _taken_up(folder)

        def look() -> None:
            nonlocal before
            now = _taken_up(folder)
            shown.update(now - before)
            before = now

        cluster.share(work, look, on_gpus=_on_gpus(study))


def _work(study: Study, tasks: Sequence[Studied], folder: StudyFolder, mark: str, number: int) -> None:
    """What each process does. What it has to say goes to a file: nobody sees its terminal."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is first imported; see the verb `study`
    _require_seen(folder.cache / MARK, mark, number)
    with folder.log(number).open("a", encoding="utf-8") as log, redirect_stderr(log):
        share(lambda: (unit for task in tasks for unit in units_of_rows(study, task, folder)), folder.locks)
        share(lambda: (unit for task in tasks for unit in scorings(study, task, folder)), folder.locks)


def _on_gpus(study: Study) -> bool:
    return study.diversity or any(each.classifier != TFIDF for each in study.classifiers)


def _mark(folder: StudyFolder) -> str:
    """Something that nobody can know who sees another folder."""
    mark = uuid.uuid4().hex
    write_whole(folder.cache / MARK, mark)
    return mark


def _require_seen(path: Path, mark: str, number: int) -> None:
    try:
        if path.read_text(encoding="ascii") == mark:
            return
    except FileNotFoundError:
        pass  # it is told below, as a file of another folder is
    raise ClusterError(
        f"The machine {socket.gethostname()!r} of the cluster does not see the study's folder "
        f"{str(path.parent.parent)!r}; give one with --out that all machines see under the same path (NFS, for "
        "example)."
    )


def _taken_up(folder: StudyFolder) -> int:
    return sum(1 for _ in folder.locks.glob("train-*.lock"))
