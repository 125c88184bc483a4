"""A study on a cluster, which is one process here; by Ray see tests/distributed/test_study_on_ray.py."""

from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from synth_builder.errors import ClusterError
from synth_builder.studies.running import run_study
from synth_builder.studies.spreading import MARK, _require_seen
from synth_builder.verbs.spread import Spread
from tests.distributed.in_process import InProcess
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.studies.small_study import finished, small_study, without_times


@pytest.fixture(autouse=True)
def without_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes most of the time, and shows what stands in the results."""
    monkeypatch.setattr("synth_builder.studies.report.write_report.write_report", lambda results, folder: None)


def test_results_are_those_without_a_cluster_and_no_training_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = InProcess()
    monkeypatch.chdir(tmp_path)
    with TGIServer(responder=row_writer(["text"])).in_thread() as url:
        study = small_study(tmp_path, engine={"endpoint": url}, tasks={"films": "films.yaml"}, real_share=None)
        alone = run_study(study, "alone")
        found = run_study(study, "out", spread=Spread(cluster, 3))
    assert alone is not None and found is not None
    assert without_times(found) == without_times(alone)
    assert set(cluster.ran) >= {(0, 0), (0, 1), (0, 2)}
    kept = finished(tmp_path / "out")
    assert kept
    again = run_study(study, "out", spread=Spread(cluster, 5))
    assert again is not None and again.cells == found.cells
    assert finished(tmp_path / "out") == kept


def test_a_machine_that_does_not_see_the_folder_is_told(tmp_path: Path) -> None:
    path = tmp_path / "out" / "cache" / MARK
    with pytest.raises(ClusterError, match=rf"does not see the study's folder '{tmp_path}/out'; give one with --out"):
        _require_seen(path, "mine", 0)
    path.parent.mkdir(parents=True)
    path.write_text("of another folder", encoding="ascii")
    with pytest.raises(ClusterError, match="does not see the study's folder"):
        _require_seen(path, "mine", 0)
    path.write_text("mine", encoding="ascii")
    _require_seen(path, "mine", 0)
