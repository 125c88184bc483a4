from typing import Any

import datasets
import pytest
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from synth_builder.recipes.task import Task
from synth_builder.releases.card.dataset_info import dataset_info
from synth_builder.releases.rows import feature_dict, rows_schema

PAIRS = Task(
    kind="text_pair_classification",
    description="d",
    columns={"premise": "p", "claim": "c"},
    labels={"no": "n", "Ärger: 'ja'": "y"},
)
PROVENANCES: dict[str, dict[str, Any]] = {
    "few_shot": {
        "splits": {
            "train": {"num_bytes": 1200, "rows": 12, "bytes": 700},
            "test": {"num_bytes": 300, "rows": 3, "bytes": 200},
        }
    },
    "zero_shot": {"splits": {"train": {"num_bytes": 5, "rows": 1, "bytes": 9}}},
}


def by_datasets(names: list[str]) -> Any:
    infos = DatasetInfosDict()
    for name in names:
        splits = datasets.SplitDict()
        for split, told in PROVENANCES[name]["splits"].items():
            splits.add(datasets.SplitInfo(name=split, num_bytes=told["num_bytes"], num_examples=told["rows"]))
        infos[name] = datasets.DatasetInfo(
            features=datasets.Features.from_arrow_schema(rows_schema(PAIRS)),
            splits=splits,
            download_size=sum(told["bytes"] for told in PROVENANCES[name]["splits"].values()),
            dataset_size=sum(told["num_bytes"] for told in PROVENANCES[name]["splits"].values()),
        )
    data = DatasetCardData()
    infos.to_dataset_card_data(data)
    return data.get("dataset_info")


@pytest.mark.parametrize("names", [["few_shot"], ["zero_shot", "few_shot"]])
def test_it_is_what_datasets_would_write(names: list[str]) -> None:
    features = feature_dict(PAIRS)
    found = dataset_info({name: PROVENANCES[name] | {"features": features} for name in names})
    assert found == by_datasets(names)
    assert found if len(names) == 1 else len(found) == 2
