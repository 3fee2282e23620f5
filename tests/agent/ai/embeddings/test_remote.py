"""The real client against a server that speaks the protocol, well and badly."""

import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from pydantic import SecretStr

from agent.ai.embeddings.remote import BATCH_TEXTS, BATCH_TOKENS, RemoteEmbedder, batches
from agent.errors import InvalidInput, LatchkeyError, Misconfigured, Unavailable
from agent.settings import Settings
from evals.openai_stub import Fault, Stub, openai_stub

LARGE = "text-embedding-3-large"


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub() as stub:
        yield stub


@pytest.fixture
async def embedder(stub: Stub) -> AsyncIterator[RemoteEmbedder]:
    embedder = made(stub, LARGE)
    yield embedder
    await embedder.close()


def made(stub: Stub, model: str, *, retries: int = 4) -> RemoteEmbedder:
    settings = Settings(openai_api_key=SecretStr("sk-test"), openai_base_url=stub.base_url)
    return RemoteEmbedder(model, settings, retries=retries)


async def test_asks_for_base64_and_scales_to_unit_length(
    stub: Stub, embedder: RemoteEmbedder
) -> None:
    done = await embedder.embed(["cats", "dogs"])
    assert done.vectors.shape == (2, 3072)
    assert np.allclose(np.linalg.norm(done.vectors, axis=1), 1, atol=1e-5)
    assert done.tokens > 0
    (body,) = stub.bodies("/embeddings")
    assert (body["encoding_format"], body["input"]) == ("base64", ["cats", "dogs"])


async def test_many_texts_go_in_batches_and_come_back_in_order(
    stub: Stub, embedder: RemoteEmbedder
) -> None:
    texts = [f"text {number}" for number in range(BATCH_TEXTS + 20)]
    done = await embedder.embed(texts)
    assert [len(body["input"]) for body in stub.bodies("/embeddings")] == [BATCH_TEXTS, 20]
    last = (await embedder.embed(texts[-1:])).vectors[0]
    assert np.allclose(done.vectors[-1], last)


def test_a_batch_keeps_within_its_tokens() -> None:
    long = "word " * 30_000
    sizes = [len(batch) for batch in batches([long, long, long, "short"])]
    assert sum(sizes) == 4
    assert len(sizes) > 1
    assert [len(b) for b in batches(["x" * 4 * BATCH_TOKENS, "y"])] == [1, 1]


async def test_waits_as_long_as_a_busy_server_says(stub: Stub, embedder: RemoteEmbedder) -> None:
    stub.faults.append(Fault("status", status=429, retry_after=0.3))
    stub.faults.append(Fault("status", status=500, retry_after=0.01))
    begun = time.monotonic()
    assert len((await embedder.embed(["cats"])).vectors) == 1
    assert time.monotonic() - begun >= 0.3
    assert len(stub.bodies("/embeddings")) == 3


@pytest.mark.parametrize("kind", ["not_json", "truncated_json", "wrong_type", "fewer_vectors"])
async def test_a_garbled_answer_is_asked_for_again(
    stub: Stub, embedder: RemoteEmbedder, kind: str
) -> None:
    stub.faults.append(Fault(kind))  # type: ignore[arg-type]
    assert len((await embedder.embed(["cats", "dogs"])).vectors) == 2


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault("status", status=429, retry_after=0.01), Unavailable, "embedding_unavailable"),
        (Fault("status", status=500, retry_after=0.01), Unavailable, "embedding_unavailable"),
        (Fault("not_json"), Unavailable, "embedding_garbled"),
        (Fault("fewer_vectors"), Unavailable, "embedding_count_wrong"),
        (Fault("wrong_dimension"), InvalidInput, "embedding_dimension_changed"),
        (Fault("status", status=401), Misconfigured, "embedding_key_refused"),
        (Fault("status", status=404), Misconfigured, "embedding_model_unknown"),
        (Fault("status", status=400), InvalidInput, "embedding_refused"),
    ],
)
async def test_what_does_not_pass_is_told(
    stub: Stub, embedder: RemoteEmbedder, fault: Fault, error: type[LatchkeyError], code: str
) -> None:
    stub.always(fault)
    with pytest.raises(error) as raised:
        await embedder.embed(["Sam's cat", "Kim's dog"])
    assert raised.value.code == code
    assert "cat" not in raised.value.message


async def test_a_server_that_is_away(stub: Stub) -> None:
    settings = Settings(openai_base_url="http://127.0.0.1:9/v1")
    embedder = RemoteEmbedder(LARGE, settings, retries=0)
    with pytest.raises(Unavailable) as raised:
        await embedder.embed(["cats"])
    assert raised.value.code == "embedding_unavailable"
    await embedder.close()


async def test_learns_the_dimension_of_a_model_it_does_not_know(stub: Stub) -> None:
    embedder = made(stub, "house-model")
    assert embedder.dimensions == 0
    await embedder.embed(["cats"])
    assert embedder.dimensions == 1536
    stub.always(Fault("wrong_dimension"))
    with pytest.raises(InvalidInput, match="--rebuild"):
        await embedder.embed(["cats"])
    await embedder.close()


def test_without_key_and_server_there_is_advice() -> None:
    with pytest.raises(Misconfigured, match="wordllama"):
        RemoteEmbedder(LARGE, Settings())
