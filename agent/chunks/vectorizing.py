"""Texts to vectors, each only once: within a batch, and across runs by the hash of the text."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from agent.ai.embeddings import Embedder
from agent.ai.embeddings.checks import Vectors, check_dimensions
from agent.chunks.store import ChunkStore
from agent.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Vectorized:
    vectors: list[Vectors]
    """One for each text, in order."""
    tokens: int
    cached: int


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def vectorized(
    store: ChunkStore,
    clock: Clock,
    tenant_id: str,
    embedder: Embedder,
    texts: Sequence[str],
    *,
    dimensions: int | None,
) -> Vectorized:
    """The vectors of `texts`; nothing is kept unless all of them came.

    Raises what the embedder raises, and InvalidInput for another dimension than `dimensions`.
    """
    wanted = {text_hash(text): text for text in texts}
    known: dict[str, Vectors] = {}
    if not embedder.local and wanted:
        known = await store.cached(tenant_id, embedder.model, wanted)
    missing = {name: text for name, text in wanted.items() if name not in known}
    found: dict[str, Vectors] = {}
    tokens = 0
    if missing:
        answer = await embedder.embed([*missing.values()])
        check_dimensions(answer.vectors.shape[1], dimensions, model=embedder.model)
        found = dict(zip(missing, answer.vectors, strict=True))
        tokens = answer.tokens
        if not embedder.local:
            await store.cache(tenant_id, embedder.model, found, clock.now())
    vectors = {**known, **found}
    return Vectorized(
        vectors=[vectors[text_hash(text)] for text in texts], tokens=tokens, cached=len(known)
    )
