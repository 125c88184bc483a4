"""The real datasets library with the loopback Hub, in this process and in a child; and faults that tests order."""

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import CommitOperationAdd, DatasetCard, HfApi, HfFileSystem
from huggingface_hub.errors import HfHubHTTPError

from tests.servers.hub import HubServer
from tests.servers.hub_clients import environment, in_child, pointed_at
from tests.servers.loopback import CUT_BODY, CUT_HEADERS, REFUSE, status

ID = "ada/letters"
ROWS = {"text": ["a", "b", "c"], "label": [0, 1, 0]}
CARD = b"---\nconfigs:\n- config_name: plain\n  data_files: plain.jsonl\n---\n# Letters\n"


def put(path: str, content: bytes) -> str:
    operations = [CommitOperationAdd(path, content)]
    return HfApi().create_commit(ID, operations, commit_message="a commit", repo_type="dataset").oid


def test_a_child_process_pushes_and_loads_by_tag(hub: HubServer, tmp_path: Path) -> None:
    repo = hub.add(ID, {"README.md": CARD, "plain.jsonl": b'{"text": "old"}\n'})
    repo.tags["v1"] = repo.commit({"plain.jsonl": b'{"text": "tagged"}\n'})
    repo.commit({"plain.jsonl": b'{"text": "newer"}\n'})
    code = f"""
        from datasets import Dataset, load_dataset
        print(load_dataset({ID!r}, "plain", revision="v1")["train"]["text"][:])
        Dataset.from_dict({ROWS!r}).push_to_hub({ID!r}, config_name="pushed")
    """
    assert in_child(code, hub.url, tmp_path / "child", "hf_ada") == "['tagged']"
    assert hub.repositories[ID].head.author == "ada"
    assert "pushed/train-00000-of-00001.parquet" in repo.head.files
    assert [row["config_name"] for row in DatasetCard.load(ID).data.configs] == ["plain", "pushed"]
    assert DatasetCard.load(ID).text.strip() == "# Letters"
    assert hub.unknown == []


def test_datasets_in_this_process_is_pointed_at_the_hub_as_well(hub: HubServer) -> None:
    from datasets import Dataset, disable_progress_bars, load_dataset

    disable_progress_bars()
    Dataset.from_dict(ROWS).push_to_hub(ID, config_name="rows", private=True)
    HfApi().create_tag(ID, tag="v1", repo_type="dataset")
    loaded = load_dataset(ID, "rows", revision="v1")
    assert loaded["train"].to_dict() == ROWS
    assert hub.repositories[ID].private
    assert (hub.tally.commits, hub.tally.uploads) == (1, 1)


def test_after_a_test_the_clients_are_offline_again() -> None:
    import datasets.config
    from huggingface_hub import constants

    assert constants.HF_HUB_OFFLINE and datasets.config.HF_HUB_OFFLINE
    assert constants.ENDPOINT == datasets.config.HF_ENDPOINT == HfApi().endpoint == "https://huggingface.co"


def test_a_child_process_takes_nothing_from_the_user_who_runs_the_tests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_real")
    monkeypatch.setenv("HUGGINGFACE_HUB_CACHE", "/somewhere")
    child = environment("http://127.0.0.1:1", tmp_path)
    assert child["HF_ENDPOINT"] == "http://127.0.0.1:1"
    assert child["HF_HOME"] == str(tmp_path)
    assert not {"HF_TOKEN", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"} & set(child)


def test_faults_come_with_the_requests_they_were_ordered_for(hub: HubServer) -> None:
    hub.add(ID)
    hub.order("POST /api/datasets/*/commit/main", None, status(500))
    put("a.txt", b"1")
    with pytest.raises(HfHubHTTPError) as error:
        put("a.txt", b"2")
    assert error.value.response.status_code == 500
    assert hub.repositories[ID].read("a.txt") == b"1"
    put("a.txt", b"3")
    assert hub.tally.commits == 2


@pytest.mark.parametrize(("fault", "arrived"), [(REFUSE, False), (CUT_HEADERS, True), (CUT_BODY, True)])
def test_a_commit_whose_answer_was_cut_off_has_happened(hub: HubServer, fault: object, arrived: bool) -> None:
    hub.add(ID)
    hub.order("POST /api/datasets/*/commit/*", fault)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"disconnected|closed connection"):
        put("a.txt", b"1")
    assert ("a.txt" in hub.repositories[ID].head.files) == arrived == bool(hub.tally.commits)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients try again without a pause."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.usefixtures("at_once")
def test_an_upload_that_failed_is_tried_again(hub: HubServer) -> None:
    hub.add(ID)
    hub.storage.order("PUT /files/*", status(503, Retry_After="0"))
    put("a.parquet", b"PAR1")
    assert len(hub.storage.asked("PUT /files/*")) == 2
    assert (hub.tally.uploads, hub.repositories[ID].read("a.parquet")) == (1, b"PAR1")


@pytest.mark.skipif(huggingface_hub.__version__ < "2", reason="old clients give up where newer ones go on")
@pytest.mark.usefixtures("at_once")
def test_a_download_that_was_cut_off_goes_on_where_it_was(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 512)
    content = bytes(range(256)) * 16
    hub.add(ID, {"a.parquet": content})
    hub.storage.order("GET /files/*", CUT_BODY, CUT_BODY)
    assert Path(HfApi().hf_hub_download(ID, "a.parquet", repo_type="dataset")).read_bytes() == content
    asked = [one.headers.get("Range") for one in hub.storage.requests]
    assert asked == [None, "bytes=2048-", "bytes=3072-"]


def test_what_it_does_not_model_is_written_down(hub: HubServer) -> None:
    with pytest.raises(HfHubHTTPError):
        list(HfApi().list_models(limit=1))
    assert hub.unknown == ["GET /api/models"]


def test_a_stopped_hub_starts_again_on_its_ports_with_what_it_held(hub: HubServer) -> None:
    server = HubServer(tokens={"hf_ada": "ada"})
    server.add(ID, {"a.txt": b"1"})
    with server.in_thread() as first:
        storage = server.storage.url
    with server.in_thread() as second:
        assert (second, server.storage.url) == (first, storage)
        assert HfApi(endpoint=second).dataset_info(ID).id == ID


def test_clients_remember_nothing_of_a_hub_that_had_the_same_port(tmp_path: Path) -> None:
    port = 0
    for content in (b"1", b"22"):
        server = HubServer(tokens={"hf_ada": "ada"})
        server.port = port
        server.add(ID, {"a.txt": content})
        with server.in_thread() as url, pointed_at(url, tmp_path / str(len(content)), "hf_ada"):
            port = server.port
            listed: Any = HfFileSystem().ls(f"datasets/{ID}")
            assert {row["name"][-5:]: row["size"] for row in listed}["a.txt"] == len(content)
