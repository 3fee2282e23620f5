from collections.abc import AsyncIterator

import openai
import pytest

from evals.openai_stub import Stub, openai_stub


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub() as stub:
        yield stub


@pytest.fixture
async def client(stub: Stub) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own client, without its retries."""
    async with openai.AsyncOpenAI(
        base_url=stub.base_url, api_key="any", max_retries=0, timeout=5
    ) as client:
        yield client


@pytest.fixture
async def http() -> AsyncIterator[openai.DefaultAsyncHttpxClient]:
    """For LangChain's classes, which leave the sockets of a client of their own open."""
    async with openai.DefaultAsyncHttpxClient() as http:
        yield http
