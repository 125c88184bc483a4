import pytest

from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.model_name import NAMELESS, is_model, shown_engine, shown_filters, shown_model


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("gpt2", "gpt2"),
        ("accounts/fireworks/models/llama-v3p1-8b", "accounts/fireworks/models/llama-v3p1-8b"),
        ("@cf/meta/llama-3-8b", "@cf/meta/llama-3-8b"),
        ("meta-llama/llama-3-8b:free", "meta-llama/llama-3-8b:free"),
        ("/home/ada/secret/llama-8b", "llama-8b"),
        ("/data/llama-8b/", "llama-8b"),
        ("~/llama-8b", "llama-8b"),
        ("./llama-8b", "llama-8b"),
        ("../models/llama-8b", "llama-8b"),
        (r"C:\Users\ada\llama-8b", "llama-8b"),
        ("models/7B/ggml-model-q4.gguf", "ggml-model-q4.gguf"),
        ("file:///home/ada/llama-8b", "llama-8b"),
        ("s3://acme-secret/llama-8b", "llama-8b"),
        (
            "/home/ada/.cache/huggingface/hub/models--Qwen--Qwen2.5-0.5B/snapshots/7ae557604adf67be50417f59c2c2f167def9a775",
            "Qwen/Qwen2.5-0.5B",
        ),
        ("/home/ada", NAMELESS),
        ("/Users/ada/", NAMELESS),
        (r"C:\Users\ada", NAMELESS),
        ("C:\\", NAMELESS),
        ("/root", NAMELESS),
        ("~ada", NAMELESS),
        ("/", NAMELESS),
        ("..", ".."),
        ("../..", NAMELESS),
    ],
)
def test_a_model_that_is_called_by_a_path_is_told_by_its_last_part(name: str, shown: str) -> None:
    assert shown_model(name) == shown


def test_two_models_whose_paths_end_alike_are_told_apart() -> None:
    one, other = (shown_engine({"engine": "openai", "model": f"/home/{who}/llama"}) for who in ("ada", "bob"))
    assert one == {"engine": "openai", "model": "llama", "model_digest": digest("/home/ada/llama")}
    assert one["model_digest"] != other["model_digest"]
    assert is_model(one, "/home/ada/llama") and not is_model(one, "/home/bob/llama") and not is_model(one, "llama")
    plain = shown_engine({"model": "gpt2", "revision": "a"})
    assert plain == {"model": "gpt2", "revision": "a"}
    assert is_model(plain, "gpt2") and not is_model(plain, "gpt3")
    # What is shortened already stays as it is.
    assert shown_engine(one) == one


def test_of_an_encoder_in_a_folder_the_last_part_is_told() -> None:
    filters = [
        "length",
        {"semantic_duplicates": {"encoder": "/home/ada/bge", "threshold": 0.9}},
        {"length": {"min": 3}},
    ]
    assert shown_filters(filters) == [
        "length",
        {"semantic_duplicates": {"encoder": "bge", "threshold": 0.9}},
        {"length": {"min": 3}},
    ]
    assert shown_filters(None) is None
