import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth_builder.scoring.encoder_files import Encoder, load_encoder
from tests.scoring.tiny_encoder import save_tiny_encoder


@pytest.fixture(scope="session")
def encoder_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder"))


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small are much slower on several threads than on one."""
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> Encoder:
    return load_encoder(str(encoder_directory))
