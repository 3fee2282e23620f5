"""From a text to hits: one read of the head, the search in memory, one read of the texts."""

from agent.ai.embeddings import Embedders
from agent.ai.search import Preference, Ranked, Where, preferred
from agent.chunks.atlas import OnAtlas
from agent.chunks.corpora import Corpus
from agent.chunks.matrices import Matrices
from agent.chunks.memory import InMemory
from agent.chunks.models import Head, Hit, Version
from agent.chunks.searching import Found, Index, search
from agent.chunks.store import ChunkStore

MOST_CHARACTERS = 8_000
"""Of a text that is searched for, as a vector."""
_ATTEMPTS = 4


class Finder:
    def __init__(self, store: ChunkStore, embedders: Embedders, *, atlas: bool) -> None:
        self._atlas = atlas
        self._store = store
        self._embedders = embedders
        self._matrices = Matrices(store)

    async def find(
        self,
        tenant_id: str,
        corpus: Corpus,
        text: str,
        k: int,
        where: Where,
        prefer: Preference | None,
    ) -> list[Hit]:
        hits: list[Hit] = []
        for _ in range(_ATTEMPTS):
            head = await self._store.head(tenant_id, corpus.name)
            if head is None or head.active is None or k <= 0:
                return []
            version, found = await self._ranked(
                tenant_id, corpus, head, text, k if prefer is None else max(4 * k, 40), where
            )
            hits, whole = await self._hits(tenant_id, corpus, version, found)
            if whole:
                break
        return hits[:k] if prefer is None else _reranked(hits, prefer)[:k]

    async def close(self) -> None:
        await self._matrices.close()

    async def _ranked(
        self, tenant_id: str, corpus: Corpus, head: Head, text: str, k: int, where: Where
    ) -> tuple[str, list[Found]]:
        assert head.active is not None
        query = None
        if corpus.vectors:
            answer = await self._embedders.of(head.active.model).embed([text[:MOST_CHARACTERS]])
            query = answer.vectors[0]
        index = await self._index(tenant_id, corpus, head, head.active)
        return index.version, await search(corpus, index, text, query, k, where)

    async def _index(self, tenant_id: str, corpus: Corpus, head: Head, active: Version) -> Index:
        if not (self._atlas and corpus.vectors):
            return InMemory(await self._matrices.fresh(tenant_id, corpus, head))
        words = None
        if corpus.lexical and not corpus.dialogue:
            words = InMemory(await self._matrices.fresh(tenant_id, corpus, head, vectors=False))
        return OnAtlas(self._store, tenant_id, corpus, active, words)

    async def _hits(
        self, tenant_id: str, corpus: Corpus, version: str, found: list[Found]
    ) -> tuple[list[Hit], bool]:
        """What was found, with its text; and whether all of it still stands as it was found."""
        if not found:
            return [], True
        rows = await self._store.hydrated(
            tenant_id,
            corpus.name,
            version,
            [(item.source_id, item.chunk_index) for item in found],
        )
        hits = [
            Hit(item.source_id, item.chunk_index, row["text"], item.score, row["meta"], item.scores)
            for item in found
            if (row := rows.get((item.source_id, item.chunk_index)))
            and item.seq in (-1, row["seq"])
        ]
        return hits, len(hits) == len(found)


def _reranked(hits: list[Hit], prefer: Preference) -> list[Hit]:
    by_id = {hit.source_id: hit for hit in hits}
    order = preferred([Ranked(hit.source_id, hit.score, hit.meta) for hit in hits], prefer)
    return [by_id[item.key] for item in order]
