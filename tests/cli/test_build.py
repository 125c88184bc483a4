import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.cli.main import main
from synth_builder.releases.folder import ReleaseFolder
from tests.distributed.in_process import InProcess
from tests.row_writer import row_writer
from tests.servers.loopback import status
from tests.servers.tgi import TGIServer


@pytest.fixture
def recipe_file(one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(one_column, sort_keys=False), encoding="utf-8")
    return path


def test_a_build_against_a_server(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = TGIServer(row_writer(["text"]))
    with server.in_thread() as url:
        assert main(["build", "films.yaml", "--endpoint", url, "--concurrency", "4"]) == 0
        shown = capsys.readouterr()
        asked = len(server.requests)
        # The second time nothing is asked.
        assert main(["build", "films.yaml", "--endpoint", url]) == 0
        assert len(server.requests) == asked
    assert capsys.readouterr().out.count("was finished before, nothing was asked") == 2
    tally = (ReleaseFolder(Path("releases/films")).read_provenance("zero_shot") or {})["tally"]
    assert "(tgi, loopback/tiny)" in shown.out
    assert "  train            12  " in shown.out and "  validation        4  " in shown.out
    assert f"  asked       {tally['asked']:>7}  = accepted + rejected + failed" in shown.out
    assert f"{tally['prompt_tokens']} in prompts, {tally['completion_tokens']} in replies" in shown.out
    assert 'datasets.load_dataset("releases/films", "zero_shot")' in shown.out
    assert shown.err == ""


def test_one_variant_values_over_the_recipes_and_another_folder(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TGIServer(row_writer(["text"])).in_thread() as url:
        words = ["build", "films.yaml", "--variant", "few_shot", "--variant", "few_shot", "--out", "elsewhere"]
        assert main([*words, "--set", "generation.rows={train: 4}", "--endpoint", url]) == 0
    release = ReleaseFolder(tmp_path / "elsewhere")
    assert release.variants() == ["few_shot"]
    assert (release.read_provenance("few_shot") or {})["splits"]["train"]["rows"] == 4
    assert capsys.readouterr().out.count("few_shot: ") == 1


def test_a_short_build_exits_3_with_the_tally_also_the_second_time(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = row_writer(["text"])
    server = TGIServer(lambda asked: "Short." if '"positive"' in asked.prompt else writer(asked))
    words = ["build", "films.yaml", "--variant", "zero_shot", "--set", "generation.max_draws=3"]
    with server.in_thread() as url:
        assert main([*words, "--endpoint", url]) == 3
    first = capsys.readouterr()
    assert "  train short       6  positive 6" in first.out
    assert "too_short" in first.out
    assert "Short by 8 rows: the draws are used up. Look at releases/films/rejections for the reasons" in first.err
    assert main([*words, "--endpoint", server.url]) == 3
    assert "Short by 8 rows" in capsys.readouterr().err


def test_not_one_row_is_an_error_with_the_reasons(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["build", "films.yaml", "--variant", "zero_shot", "--set", "generation.max_draws=1"]
    with TGIServer(lambda asked: "Short.").in_thread() as url:
        assert main([*words, "--endpoint", url]) == 1
    assert "None of 16 replies became a row of variant 'zero_shot' (failed: 0; rejected: too_short 16)" in (
        capsys.readouterr().err
    )


def test_requests_that_fail_stand_in_the_summary(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TGIServer(row_writer(["text"]), faults=[status(422)]).in_thread() as url:
        assert main(["build", "films.yaml", "--variant", "zero_shot", "--endpoint", url]) == 0
    assert "  failed            1\n" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_one_sentence(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = TGIServer()
    with server.in_thread() as url:
        pass
    assert main(["build", "films.yaml", "--endpoint", url]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("synth-builder: ") and url in shown and "Traceback" not in shown
    assert len(shown.strip().splitlines()) == 1


def test_a_variant_that_is_not_there(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "films.yaml", "--variant", "few_shots"]) == 1
    assert "has no variant 'few_shots'. Did you mean 'few_shot'?" in capsys.readouterr().err
    assert not Path("releases").exists()


def test_the_scripted_engine_answers_from_a_file(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replies = [f"A film with number {number} in its title and {number * 7} scenes." for number in range(400)]
    Path("replies.jsonl").write_text("\n".join(json.dumps(reply) for reply in replies), encoding="utf-8")
    words = ["build", "films.yaml", "--variant", "zero_shot", "--engine", "scripted", "--replies", "replies.jsonl"]
    assert main([*words, "--set", "generation.filters=[length]"]) == 0
    assert "(scripted, scripted)" in capsys.readouterr().out


def test_no_endpoint_and_no_engine_means_the_embedded_one_and_says_so(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A directory that holds no model ends it before anything is loaded.
    assert main(["build", "films.yaml", "--variant", "zero_shot", "--model", "./empty"]) == 1
    assert capsys.readouterr().err.startswith(
        "No --endpoint and no --engine: a small model answers in this process (--engine embedded).\nsynth-builder: "
    )


def test_fresh_asks_everything_again(recipe_file: Path) -> None:
    server = TGIServer(row_writer(["text"]))
    words = ["build", "films.yaml", "--variant", "zero_shot"]
    with server.in_thread() as url:
        assert main([*words, "--endpoint", url]) == 0
        asked = sum(server.answered.values())
        assert main([*words, "--endpoint", url, "--fresh"]) == 0
    assert sum(server.answered.values()) == 2 * asked


def test_a_filter_that_rejects_most_says_so_loudly_with_examples(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = iter(range(10_000))
    writer = row_writer(["text"])
    server = TGIServer(lambda asked: "\x1b[31mShort." if next(calls) % 4 else writer(asked))
    with server.in_thread() as url:
        main(["build", "films.yaml", "--variant", "zero_shot", "--endpoint", url])
    shown = capsys.readouterr()
    (entry,) = [
        entry
        for entry in (ReleaseFolder(Path("releases/films")).read_provenance("zero_shot") or {})["filters"]
        if entry["name"] == "length"
    ]
    assert entry["share"] > 0.5
    assert (
        f"    length               {entry['rejected']:>5}  {entry['share']:.1%} of {entry['reached']} that reached"
    ) in shown.out
    assert (
        f"WARNING: in zero_shot the filter length rejected {entry['share']:.0%} of the rows that reached it "
        f"({entry['rejected']} of {entry['reached']})."
    ) in shown.err
    assert shown.err.count("  - text has 1 words, at least 3 are asked: \\x1b[31mShort.") == 5
    assert "\x1b" not in shown.out + shown.err


def test_a_filter_that_lacks_something_is_told_before_the_first_request(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = TGIServer(row_writer(["text"]))
    with server.in_thread() as url:
        words = [
            "build",
            "films.yaml",
            "--endpoint",
            url,
            "--set",
            "generation.filters=[{toxicity: {scorer: nobody}}]",
        ]
        assert main(words) == 1
    assert capsys.readouterr().err.startswith("synth-builder: Unknown scorer 'nobody'.")
    assert not server.requests


def test_a_pilot_tells_what_the_whole_takes_and_releases_nothing(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = recipe_file.parent / "out"
    words = ["build", str(recipe_file), "--variant", "zero_shot", "--out", str(out)]
    with TGIServer(row_writer(["text"])).in_thread() as url:
        assert main([*words, "--endpoint", url, "--pilot", "10", "--price-prompt", "1"]) == 0
        told = capsys.readouterr().out
        assert "zero_shot: 10 rows asked, " in told
        assert "the whole, " in told and " a cost of " in told
        assert not (out / "data").exists()
        assert main([*words, "--endpoint", url, "--max-tokens-total", "1"]) == 3
        assert "1 are allowed" in capsys.readouterr().err
        assert main([*words, "--endpoint", url, "--price-prompt", "1", "--price-completion", "2.5"]) == 0
    assert "\n  cost " in capsys.readouterr().out
    assert "for a million tokens of prompts and 2.5 for a million of replies" in (out / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--max-cost", "3"], "--max-cost needs to know what tokens cost"),
        (["--price-prompt", "-1"], "'-1' is no price: a number of at least 0"),
        (["--pilot", "0"], "'0' is no whole number of at least 1"),
    ],
)
def test_a_budget_that_makes_no_sense_is_told(
    recipe_file: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    try:
        code = main(["build", str(recipe_file), *words])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code in (1, 2)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shards", "3"], "--shards is about work on a cluster; give --ray, too, or leave it out."),
        (["--ray", "auto", "--workers", "2"], "--workers is for a cluster that is started here"),
        (["--ray", "films.yaml"], "--ray films.yaml names a file, expected the address of a cluster or 'local'."),
        (["--storage", "s3://b/c"], "--storage is about work on a cluster; give --ray, too, or leave it out."),
        (["--ray", "--storage", "memory://a"], "is the memory of one process; name a storage that all machines reach"),
        (["--ray", "--storage", "nowhere://a"], "fsspec knows no protocol 'nowhere'"),
        (["--pilot", "3", "--storage", "s3://b/c"], "--storage is about work on a cluster; give --ray, too"),
        (["--pilot", "3", "--shards", "3"], "--shards is about work on a cluster; give --ray, too, or leave it out."),
        (["--pilot", "3", "--workers", "2"], "--workers is about work on a cluster; give --ray, too, or leave it"),
        (["--ray", "--pilot", "3"], "--pilot sends a few requests from this process; leave out --ray."),
    ],
)
def test_what_does_not_go_with_a_cluster_is_told(
    recipe_file: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["build", "films.yaml", "--endpoint", "http://127.0.0.1:9", *words]) == 1
    assert message in capsys.readouterr().err
    assert not Path("releases").exists()


def test_no_cluster_is_started_for_a_release_that_is_finished(
    recipe_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    @contextmanager
    def cluster(address: str, workers: int | None) -> Iterator[InProcess]:
        started.append(address)
        yield InProcess()

    monkeypatch.setattr("synth_builder.distributed.ray_cluster.ray_cluster", cluster)
    monkeypatch.setattr("synth_builder.cli.ray_arguments.check_installed", lambda *_, **__: None)
    with TGIServer(row_writer(["text"])).in_thread() as url:
        words = ["build", "films.yaml", "--endpoint", url, "--ray", "10.0.0.5:6379", "--shards", "1"]
        assert main([*words, "--variant", "zero_shot"]) == 0
        assert main(words) == 0  # the other variant is missing
        assert len(started) == 2
        capsys.readouterr()
        assert main(words) == 0
        shown = capsys.readouterr()
        assert shown.out.count("was finished before, nothing was asked") == 2 and shown.err == ""
        assert len(started) == 2
        words += ["--variant", "zero_shot"]
        assert main([*words, "--set", "generation.max_draws=9"]) == 0
        assert main([*words, "--fresh"]) == 0
    assert started == 4 * ["10.0.0.5:6379"]
