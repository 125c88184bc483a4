import resource
from pathlib import Path

from synth_builder.distributed.shard_place import SharedFolder
from synth_builder.distributed.wave import Wave
from synth_builder.engines.base import Completion
from synth_builder.generation.journal import Journal


def test_a_shard_finds_the_answers_of_more_shards_than_a_process_may_open_files_at_first(tmp_path: Path) -> None:
    earlier, later = Wave.of_plan(tmp_path, "identity", 100), Wave.of_plan(tmp_path, "identity", 2)
    for place in earlier.folders:
        with Journal(place.journal) as journal:
            journal.put(f"key {place.shard}", Completion(f"text {place.shard}", "stop"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, hard))
    try:
        with SharedFolder(later, 1).journal() as journal:
            found = journal.get("key 99")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == Completion("text 99", "stop")
