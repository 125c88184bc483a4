from collections.abc import Mapping
from typing import Any


def dataset_info(provenances: Mapping[str, Mapping[str, Any]]) -> Any:
    """
    The `dataset_info` of a card, as `datasets` writes it: features, splits and sizes of each variant, by name. Written
    here because importing `datasets` takes longer, and more memory, than the rest of a small build; a test holds both
    equal.

    Args:
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it.

    Returns:
        `dict` or `list[dict]`: One entry for each variant; of a single one just that.
    """
    infos = []
    for name, provenance in sorted(provenances.items()):
        splits = provenance["splits"]
        infos.append(
            {
                "config_name": name,
                "features": [
                    {"name": column, **_yaml_form(feature)} for column, feature in provenance["features"].items()
                ],
                "splits": [
                    {"name": split, "num_bytes": told["num_bytes"], "num_examples": told["rows"]}
                    for split, told in splits.items()
                ],
                "download_size": sum(told["bytes"] for told in splits.values()),
                "dataset_size": sum(told["num_bytes"] for told in splits.values()),
            }
        )
    return infos[0] if len(infos) == 1 else infos


def _yaml_form(feature: dict[str, Any]) -> dict[str, Any]:
    match feature.get("_type"):
        case None:
            return {"struct": [{"name": name, **_yaml_form(part)} for name, part in feature.items()]}
        case "ClassLabel":
            names = {str(number): name for number, name in enumerate(feature["names"])}
            return {"dtype": {"class_label": {"names": names}}}
        case "List":
            inner = _yaml_form(feature["feature"])
            return {"list": inner.get("dtype", inner.get("struct"))}
        case _:
            return {"dtype": feature["dtype"]}
