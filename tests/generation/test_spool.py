from pathlib import Path

from synth_builder.generation.spool import Spool


def test_rows_come_back_by_position_whatever_the_order_of_writing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "rows.jsonl")
    for index in (4, 0, 2, 3, 1):
        spool.add("train", index, {"number": index})
    spool.add("test", 0, {"number": 10})
    assert [(index, row["number"]) for index, row in spool.rows("train")] == [(n, n) for n in range(5)]
    assert list(spool.rows("test")) == [(0, {"number": 10})]
    spool.finish()
    assert [index for index, _ in spool.rows("train")] == [0, 1, 2, 3, 4]
    assert spool.positions("train") == [4, 0, 2, 3, 1]
    assert spool.splits() == ["train", "test"]
    spool.close()


def test_one_position_may_stand_more_than_once_in_the_order_of_writing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "rows.jsonl")
    for draw in range(3):
        spool.add("train", 7, {"draw": draw})
    assert [row["draw"] for _, row in spool.rows("train")] == [0, 1, 2]
    spool.close()


def test_texts_come_back_as_they_were(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "rows.jsonl")
    text = 'line\nbreak \u2028 "quotes" \U0001f600 \ud800 {}'
    spool.add("train", 0, {"text": text})
    assert list(spool.rows("train")) == [(0, {"text": text})]
    spool.close()


def test_a_split_without_rows_is_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "rows.jsonl")
    assert list(spool.rows("train")) == []
    assert spool.positions("train") == []
    assert spool.splits() == []
    spool.close()


def test_what_an_earlier_run_left_goes_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"old": 1}\n', encoding="utf-8")
    spool = Spool(path)
    spool.add("train", 0, {"new": 1})
    assert [row for _, row in spool.rows("train")] == [{"new": 1}]
    spool.close()
    assert not path.exists()
    spool.close()
