import math

import openai
import pytest
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from evals.openai_stub import Fault, Stub


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_base64_and_float_are_the_same_vector(stub: Stub, client: openai.AsyncOpenAI) -> None:
    packed = await client.embeddings.create(model="text-embedding-3-large", input=["a home"])
    assert stub.bodies("/embeddings")[0]["encoding_format"] == "base64"
    plain = await client.embeddings.create(
        model="text-embedding-3-large", input="a home", encoding_format="float"
    )
    assert packed.data[0].embedding == plain.data[0].embedding
    assert len(plain.data[0].embedding) == 3072
    assert math.isclose(cosine(plain.data[0].embedding, plain.data[0].embedding), 1, rel_tol=1e-5)
    assert stub.usage.embedding_tokens == 2 * packed.usage.total_tokens > 0


async def test_like_texts_are_near(client: openai.AsyncOpenAI) -> None:
    answer = await client.embeddings.create(
        model="e",
        input=["two bedroom apartment", "apartments with two bedrooms", "parking costs extra"],
        dimensions=256,
    )
    near, like, far = (row.embedding for row in answer.data)
    assert len(near) == 256
    assert cosine(near, like) > cosine(near, far) + 0.3


async def test_langchain_embeddings(stub: Stub, http: openai.DefaultAsyncHttpxClient) -> None:
    embeddings = OpenAIEmbeddings(
        model="text-embedding-3-large",
        openai_api_base=stub.base_url,
        openai_api_key=SecretStr("k"),
        http_async_client=http,
        dimensions=64,
        check_embedding_ctx_length=False,
    )
    vectors = await embeddings.aembed_documents(["one", "two"])
    assert [len(vector) for vector in vectors] == [64, 64]


@pytest.mark.parametrize(
    ("texts", "dimensions"),
    [([], 8), ([""], 8), (["x"] * 2049, 8), (["word " * 9000], 8), (["x"], 4000)],
)
async def test_what_openai_refuses(
    client: openai.AsyncOpenAI, texts: list[str], dimensions: int
) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.embeddings.create(model="e", input=texts, dimensions=dimensions)


async def test_fewer_and_shorter_vectors(stub: Stub, client: openai.AsyncOpenAI) -> None:
    stub.faults.extend([Fault("fewer_vectors"), Fault("wrong_dimension"), Fault("refusal")])
    fewer = await client.embeddings.create(model="e", input=["a", "b"], dimensions=8)
    assert len(fewer.data) == 1
    shorter = await client.embeddings.create(model="e", input=["a", "b"], dimensions=8)
    assert [len(row.embedding) for row in shorter.data] == [4, 4]
    assert [fault.kind for fault in stub.faults] == ["refusal"]
