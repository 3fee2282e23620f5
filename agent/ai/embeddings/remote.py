import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from agent.ai.embeddings.checks import Embedded, Vectors, checked, filled
from agent.errors import InvalidInput, LatchkeyError, Misconfigured, Unavailable
from agent.settings import Settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import CreateEmbeddingResponse

BATCH_TEXTS = 256
BATCH_TOKENS = 100_000
"""Estimated; the API refuses more than 300,000 in a request."""
RETRIES = 4
"""By the SDK, after Retry-After or with growing pauses: no connection, 408, 409, 429, 5xx."""
GARBLED_ATTEMPTS = 3
_PAUSE_SECONDS = 0.2
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 60.0
_DIMENSIONS = {
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
}


class RemoteEmbedder:
    """A model behind OpenAI's protocol; either all texts come back as vectors, or it raises.

    Misconfigured when the server refuses the key or the model, InvalidInput when it refuses a
    text or changes its dimension, Unavailable otherwise.
    """

    local = False

    def __init__(self, model: str, settings: Settings, *, retries: int = RETRIES) -> None:
        if settings.openai_api_key is None and settings.openai_base_url is None:
            raise Misconfigured(
                "embedding_key_missing",
                f"LATCHKEY_EMBEDDING_MODEL={model} needs OPENAI_API_KEY or OPENAI_BASE_URL; "
                "without them use wordllama.",
            )
        self.model = model
        self.dimensions = _DIMENSIONS.get(model, 0)
        self._settings = settings
        self._retries = retries
        self._client: AsyncOpenAI | None = None

    async def embed(self, texts: Sequence[str]) -> Embedded:
        wanted = filled(texts)
        parts, tokens = [], 0
        for batch in batches(wanted):
            part = await self._batch(batch)
            parts.append(part.vectors)
            tokens += part.tokens
        empty = np.empty((0, self.dimensions), np.float32)
        return Embedded(np.concatenate(parts) if parts else empty, tokens)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _batch(self, texts: list[str]) -> Embedded:
        for attempt in range(1, GARBLED_ATTEMPTS + 1):
            try:
                answer = await self._ask(texts)
                vectors = checked(
                    _in_order(answer),
                    count=len(texts),
                    dimensions=self.dimensions or None,
                    model=self.model,
                )
            except Unavailable as error:
                if attempt == GARBLED_ATTEMPTS or error.code == "embedding_unavailable":
                    raise
            else:
                self.dimensions = vectors.shape[1]
                return Embedded(vectors, _tokens(answer, texts))
            await asyncio.sleep(_PAUSE_SECONDS * attempt * (1 + random.random()))
        raise AssertionError("every attempt returns or raises")

    async def _ask(self, texts: list[str]) -> "CreateEmbeddingResponse":
        import openai

        try:
            # without an encoding_format the SDK asks for base64 and decodes it
            return await self._opened().embeddings.create(input=texts, model=self.model)
        except openai.APIStatusError as error:
            pause = error.response.headers.get("retry-after", "")
            raise self._refused(error.status_code, pause) from None
        except openai.APIConnectionError:
            raise self._away("does not answer") from None
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError):
            # an answer that is not what the protocol says shows anywhere in the SDK's parser
            raise _garbled(self.model) from None

    def _refused(self, status: int, pause: str) -> LatchkeyError:
        if status in (401, 403):
            return Misconfigured(
                "embedding_key_refused", "The embedding server refuses OPENAI_API_KEY; check it."
            )
        if status == 404:
            return Misconfigured(
                "embedding_model_unknown",
                f"The embedding server does not know {self.model}; check "
                "LATCHKEY_EMBEDDING_MODEL and OPENAI_BASE_URL.",
            )
        if status in (400, 413, 422):
            return InvalidInput(
                "embedding_refused", f"{self.model} refuses the texts (status {status})."
            )
        retry_after = int(pause) if pause.isdecimal() else None
        return self._away(f"answers with status {status}", retry_after)

    def _away(self, what: str, retry_after: int | None = None) -> Unavailable:
        return Unavailable(
            "embedding_unavailable",
            f"The embedding server for {self.model} {what}; nothing is stored. Try again later.",
            retry_after=retry_after,
        )

    def _opened(self) -> "AsyncOpenAI":
        if self._client is None:
            import openai

            key = self._settings.openai_api_key
            self._client = openai.AsyncOpenAI(
                api_key=key.get_secret_value() if key else "none",
                base_url=self._settings.openai_base_url,
                timeout=openai.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
                max_retries=self._retries,
            )
        return self._client


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in requests within BATCH_TEXTS and BATCH_TOKENS."""
    batch: list[str] = []
    size = 0
    for text in texts:
        tokens = _estimate(text)
        if batch and (len(batch) == BATCH_TEXTS or size + tokens > BATCH_TOKENS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += tokens
    if batch:
        yield batch


def _in_order(answer: "CreateEmbeddingResponse") -> Vectors:
    """The vectors by their `index`; raises Unavailable for an answer that is none."""
    try:
        rows = sorted(answer.data, key=lambda item: item.index)
        if [row.index for row in rows] != list(range(len(rows))):
            raise _garbled(answer.model)
        return np.array([row.embedding for row in rows], dtype=np.float32, ndmin=2)
    except (TypeError, ValueError, AttributeError):
        raise _garbled("The embedding server") from None


def _tokens(answer: "CreateEmbeddingResponse", texts: Sequence[str]) -> int:
    """As billed; estimated where the server does not say."""
    used = getattr(answer.usage, "total_tokens", None)
    return used if isinstance(used, int) else sum(map(_estimate, texts))


def _estimate(text: str) -> int:
    return len(text) // 3 + 1


def _garbled(model: str) -> Unavailable:
    return Unavailable(
        "embedding_garbled",
        f"{model} answered what is not an embedding; nothing is stored. Try again later.",
    )
