from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.servers.tgi import TGIServer


@pytest.fixture
async def server() -> AsyncIterator[TGIServer]:
    async with TGIServer() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
