import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    from synth_builder.scoring.encoder_files import Encoder

WORDS = ["the", "film", "was", "food", "day", "very", "good", "bad", "and", "so", "our", "late", "premise", "claim"]


def save_tiny_encoder(directory: Path) -> Path:
    """A BERT of a few thousand random weights with a WordPiece tokenizer of a few words, as a local model."""
    torch = pytest.importorskip("torch")
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: index for index, word in enumerate([*special, *WORDS])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **names)
    fast.save_pretrained(directory)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = transformers.BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
        transformers.BertModel(config, add_pooling_layer=False).save_pretrained(directory)
    return directory


def without_dropout(encoder: "Encoder") -> "Encoder":
    """A copy in which what a step learns depends on its rows alone."""
    import torch

    model = copy.deepcopy(encoder.model)
    dropouts = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    assert dropouts
    for module in dropouts:
        module.p = 0.0
    return replace(encoder, model=model)


def toy_rows(count: int, prefix: str = "toy", start: int = 0) -> TextRows:
    """Rows that a classifier can learn: label 1 where the word "good" stands, label 0 where "bad" stands."""
    fillers = ["the", "film", "was", "food", "day", "very", "and", "so"]
    texts = []
    for number in range(start, start + count):
        one, two, three = (fillers[number // 8**place % 8] for place in range(3))
        texts.append((f"{one} {two} {three} {'good' if number % 2 else 'bad'}",))
    labels = tuple(number % 2 for number in range(start, start + count))
    return TextRows(tuple(texts), labels, tuple(f"{prefix}:{number}" for number in range(start, start + count)))
