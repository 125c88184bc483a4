"""Every registered strategy, both kinds of task, both label modes, against a server that speaks TGI's protocol."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import STRATEGIES
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.strategies.base import Strategy
from synth_builder.verbs.build import build_variants
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.small_tasks import needed_options, one_column_task, two_column_task
from tests.strategies.cases import SETTINGS

OPTIONS: dict[str, dict[str, Any]] = {
    "zero_shot_topic": {"topics": 15},
    "few_shot": {"k": 2},
    "conversation": {"turns": 4, "k": 3},
}
SHOWN = {"one_shot": 1, "few_shot": 2, "conversation": 3, "paraphrase": 1}
SHARES = (0.3, 0.7)
EXPECTED = {"balanced": (10, 10), "shares": (6, 14)}


@pytest.mark.parametrize("label_mode", ["conditioned", "generated"])
@pytest.mark.parametrize("form", ["chat", "completion"])
@pytest.mark.parametrize("task", [one_column_task, two_column_task])
@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_the_asked_labels_are_met_exactly(
    strategy: str, task: Callable[[Path], dict[str, Any]], form: str, label_mode: str, tmp_path: Path
) -> None:
    if (strategy, "one_column", label_mode, form, False) not in SETTINGS:
        return  # refused: tests/strategies/test_contract.py
    made: type[Strategy] = STRATEGIES.get(strategy)
    data = task(tmp_path)
    labels = tuple(data["task"]["labels"])
    needed = needed_options(strategy, list(data["task"]["columns"]), labels)
    variant = {"strategy": strategy, "label_mode": label_mode, **needed, **OPTIONS.get(strategy, {})}
    data["generation"] = {"rows": {"train": 20}, "seed": 5}
    data["variants"] = {
        "balanced": variant,
        "shares": {**variant, "generation": {"label_distribution": dict(zip(labels, SHARES, strict=True))}},
    }
    recipe = Recipe.from_dict(data, directory=tmp_path)
    columns = list(data["task"]["columns"])
    fields = [*columns, "label"] if label_mode == "generated" else columns
    release = ReleaseFolder(tmp_path / "out")
    server = TGIServer(row_writer(fields, labels=labels), chat_template=form == "chat")
    with server.in_thread() as url:
        built = build_variants(recipe, list(data["variants"]), release, "tgi", EngineSettings(endpoints=(url,)))

    assert server.unknown_fields == []
    assert {request.path for request in server.requests if request.path in server.answering} == (
        {"/v1/chat/completions" if form == "chat" else "/generate"} if made.needs_engine else set()
    )
    asked_once = Counter[str]()
    for variant_built in built:
        provenance = variant_built.provenance
        rows = pyarrow.parquet.read_table(release.data(variant_built.name, "train")).to_pylist()
        counts = Counter(labels[row["label"]] for row in rows)
        assert tuple(counts[label] for label in labels) == EXPECTED[variant_built.name]
        assert len({tuple(row[column] for column in columns) for row in rows}) == 20
        assert all(row[column].strip() for row in rows for column in columns)

        tally = provenance["tally"]
        assert tally["asked"] == 20 + sum(tally["rejected"].values()) + tally["failed"]
        assert (tally["short"], tally["failed"], tally["accepted_rows"]) == ({}, 0, 20)
        rejections = pyarrow.parquet.read_table(release.rejections(variant_built.name)).to_pylist()
        assert Counter(row["reason"] for row in rejections) == tally["rejected"]
        assert variant_built.asked_now <= tally["asked"] + tally["preparation_requests"]
        asked_once[variant_built.name] = variant_built.asked_now

        several = len(fields) > 1
        if made.needs_engine:
            assert provenance["prompt_form"] == form
            assert provenance["reply_form"] == (("json" if form == "chat" else "tagged") if several else "text")
        assert provenance["options"]["label_mode"] == label_mode
        _check_where_rows_come_from(rows, provenance, strategy)
    answers = [request for request in server.requests if request.path in server.answering]
    assert len(answers) == sum(asked_once.values())


def _check_where_rows_come_from(rows: list[dict[str, Any]], provenance: Mapping[str, Any], strategy: str) -> None:
    assert provenance["strategy"] == strategy
    engine = provenance["engine"]
    told = [row["provenance"] for row in rows]
    asked = STRATEGIES.get(strategy).needs_engine
    if asked:
        assert (engine["model"], engine["server"]) == ("loopback/tiny", "text-generation-inference")
        assert engine["revision"] == "0123456789abcdef0123456789abcdef01234567"
    assert engine["engine"] == ("tgi" if asked else "none")
    assert {one["strategy"] for one in told} == {strategy}
    assert {one["prompt"] for one in told} <= set(provenance["prompts"])
    assert len({one["request"] for one in told}) == len({one["seed"] for one in told}) == len(rows)
    shown = SHOWN.get(strategy, 0)
    assert all(len(one["demonstrations"]) == len(set(one["demonstrations"])) == shown for one in told)
    if strategy == "zero_shot_topic":
        topics = provenance["facts"]["topics"]
        assert len(topics) == 15 and {one["topic"] for one in told} <= set(topics)
    else:
        assert {one["topic"] for one in told} == {None}
    attributes = [{pair["name"]: pair["value"] for pair in one["attributes"]} for one in told]
    if strategy == "attributes":
        values = provenance["facts"]["attributes"]
        assert [len(values[name]) for name in ("style", "writer")] == [3, 2]
        assert all(one["style"] in values["style"] and one["writer"] in values["writer"] for one in attributes)
    else:
        assert {tuple(one) for one in attributes} == {("template",) if strategy == "template" else ()}
