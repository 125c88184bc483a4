"""
The `openai` engine against `transformers serve`, a server that none of us wrote, with a tiny model of random weights.

Only run when asked for: `SYNTH_BUILDER_TEST_SERVE=1 pytest -m serve`, with `transformers[serving]` installed.
"""

import asyncio
import importlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.limits import RetryPolicy, complete_with_retries
from synth_builder.engines.openai import OpenAIEngine
from synth_builder.errors import EngineError
from tests.engines.asking import chat

pytestmark = [
    pytest.mark.serve,
    pytest.mark.skipif(os.environ.get("SYNTH_BUILDER_TEST_SERVE") != "1", reason="SYNTH_BUILDER_TEST_SERVE is not 1"),
    pytest.mark.skipif(importlib.util.find_spec("uvicorn") is None, reason="transformers[serving] is not installed"),
]
SECONDS_TO_START = 180
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def save_tiny_llama(folder: Path) -> None:
    """Two layers of random weights, and a tokenizer trained on two sentences."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    transformers: Any = importlib.import_module("transformers")

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(["The film was a quiet joy from start to end.", "I left the hall early."], trainer)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(fast),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            eos_token_id=fast.eos_token_id,
            pad_token_id=fast.pad_token_id,
        )
    )
    # transformers serve samples only when the model's own settings say so
    model.generation_config = transformers.GenerationConfig(
        do_sample=True, eos_token_id=fast.eos_token_id, pad_token_id=0
    )
    model.save_pretrained(folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """URL of a running server, and the name of its model."""
    folder = tmp_path_factory.mktemp("tiny-llama")
    save_tiny_llama(folder)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [
        *(sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(folder)),
        *("--host", "127.0.0.1", "--port", str(port), "--device", "cpu"),
    ]
    log = folder / "serve.log"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process,
    ):
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}", str(folder)
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_healthy(url: str, process: "subprocess.Popen[Any]", log: Path) -> None:
    for _ in range(SECONDS_TO_START):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(1)
    raise AssertionError(f"No answer after {SECONDS_TO_START} s: {log.read_text()}")


async def test_it_answers_chats_with_counts_and_reasons(served: tuple[str, str]) -> None:
    url, model = served
    async with OpenAIEngine.from_settings(EngineSettings(endpoints=(url,), model=model)) as engine:
        info = await engine.open()
        assert (info.model, info.grammar) == (model, False)
        completion = await engine.complete(chat("A film.", max_new_tokens=12))
    assert completion.prompt_tokens and completion.prompt_tokens > 5
    assert completion.completion_tokens and completion.completion_tokens <= 12
    assert completion.finish_reason == ("length" if completion.completion_tokens == 12 else "stop")


async def test_greedy_answers_repeat_and_many_at_once_are_all_answered(served: tuple[str, str]) -> None:
    url, model = served
    async with OpenAIEngine.from_settings(EngineSettings(endpoints=(url,), model=model)) as engine:
        await engine.open()
        greedy = [await engine.complete(chat("A film.", temperature=0, max_new_tokens=8)) for _ in range(2)]
        assert greedy[0] == greedy[1]
        policy = RetryPolicy(base=0.1)
        many = await asyncio.gather(
            *(
                complete_with_retries(engine.complete, chat("A film.", seed=n, max_new_tokens=6), policy)
                for n in range(6)
            )
        )
    assert len(many) == 6
    assert all(completion.completion_tokens for completion in many)


async def test_a_model_that_is_not_there_is_an_error_of_ours(served: tuple[str, str]) -> None:
    url, _ = served
    async with OpenAIEngine.from_settings(EngineSettings(endpoints=(url,), model="no/such-model")) as engine:
        await engine.open()
        with pytest.raises(EngineError, match=f"POST {url}/v1/chat/completions was answered"):
            await engine.complete(chat("A film."))
