"""The example and the command line, as a user runs them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synth_builder.cli.main import main
from tests.publishing.releases import ID, built
from tests.row_writer import row_writer
from tests.servers.hub import HubServer
from tests.servers.hub_clients import environment
from tests.servers.tgi import TGIServer

ROOT = Path(__file__).parents[2]


def test_the_example_publishes_two_versions_and_loads_both(hub: HubServer, tmp_path: Path) -> None:
    with TGIServer(responder=row_writer(["text"])).in_thread() as url:
        done = subprocess.run(
            [sys.executable, str(ROOT / "examples" / "publish.py"), "ada/messages", "--endpoint", url, "--rows", "10"],
            env=environment(hub.url, tmp_path / "home", "hf_ada"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("v1.0.0: few_shot has 10 rows, the first: '")
    assert lines[1] == "v1.1.0, a minor version:"
    assert lines[-3:] == [
        "v1.0.0: few_shot has 10 rows",
        "v1.1.0: few_shot has 10 rows",
        "v1.1.0: zero_shot has 10 rows",
    ]
    assert list(hub.repositories["ada/messages"].tags) == ["v1.0.0", "v1.1.0"]


def test_the_command_tells_what_it_did(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = built(one_column, tmp_path, "zero_shot", out="first")
    assert main(["publish", str(first.path), "--repo", ID]) == 0
    told = capsys.readouterr().out
    assert f"Published v1.0.0: {hub.url}/datasets/{ID}\n" in told
    assert "Checked: load_dataset with an empty cache gives the rows that were built." in told
    assert f'load_dataset("{ID}", "VARIANT", revision="v1.0.0")' in told
    assert main(["publish", str(first.path), "--repo", ID]) == 0
    assert capsys.readouterr().out.startswith("Nothing has changed since v1.0.0: no new version.\n")
    second = built(one_column, tmp_path, "few_shot", out="second")
    assert main(["publish", str(second.path), "--repo", ID, "--no-check", "--bump", "patch"]) == 1
    assert "ask for a minor version" in capsys.readouterr().err
    assert main(["publish", str(second.path), "--repo", ID, "--no-check"]) == 0
    told = capsys.readouterr().out
    assert "By the rule for versions these changes are minor:\n  - `few_shot`: " in told
    assert "Checked" not in told
    with pytest.raises(SystemExit):
        main(["publish", str(second.path), "--repo", ID, "--bump", "minor", "--version", "1.2.3"])
    assert "not allowed with argument" in capsys.readouterr().err
