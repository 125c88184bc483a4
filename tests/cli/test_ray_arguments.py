import argparse
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from synth_builder.cli.ray_arguments import add_ray_arguments, spread
from tests.distributed.in_process import InProcess


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--ray"], "Starting a Ray cluster on this machine.\n"),
        (["--ray", "10.0.0.5:6379"], "Connecting to the Ray cluster at 10.0.0.5:6379.\n"),
        ([], ""),
    ],
)
def test_what_takes_seconds_before_the_first_request_is_told(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def cluster(*_: object) -> Iterator[InProcess]:
        assert capsys.readouterr().err == told
        yield InProcess()

    monkeypatch.setattr("synth_builder.distributed.ray_cluster.ray_cluster", cluster)
    monkeypatch.setattr("synth_builder.cli.ray_arguments.check_installed", lambda *_, **__: None)
    parser = argparse.ArgumentParser()
    add_ray_arguments(parser)
    with spread(parser.parse_args(words)) as over:
        assert (over is not None) == bool(words)
    assert capsys.readouterr() == ("", "")
