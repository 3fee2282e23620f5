"""A corpus on Atlas as an index: `$vectorSearch` with declared filters, and what that needs.

Atlas follows writes within seconds, not at once.
"""

from typing import Any

from agent.ai.search import Condition, Where, allows
from agent.ai.search.shelf import Floats
from agent.chunks.corpora import CORPORA, Corpus, Method
from agent.chunks.memory import InMemory
from agent.chunks.models import Version, turns_after
from agent.chunks.searching import ANSWERS_WITHIN, Found, best_of, first_answers
from agent.chunks.store import ChunkStore

COLLECTION = "chunks"
_CANDIDATES = 20
"""Approximate neighbours looked at for each one wanted."""
_MOST_CANDIDATES = 10_000
_CHUNKS_A_SOURCE = 4


def index_name(dimensions: int) -> str:
    return f"chunks_{dimensions}"


def index_definition(dimensions: int) -> dict[str, Any]:
    """Of the vector search index; without these filter fields Atlas refuses a search."""
    fields = dict.fromkeys(field for corpus in CORPORA.values() for field in corpus.fields)
    filters = ["tenant_id", "corpus", "embedding_version", *(f"meta.{field}" for field in fields)]
    vector = {
        "type": "vector",
        "path": "embedding",
        "numDimensions": dimensions,
        "similarity": "cosine",
    }
    return {"fields": [vector, *({"type": "filter", "path": path} for path in filters)]}


class OnAtlas:
    def __init__(
        self,
        store: ChunkStore,
        tenant_id: str,
        corpus: Corpus,
        version: Version,
        words: InMemory | None,
    ) -> None:
        self.version = version.embedding_version
        self._store = store
        self._tenant_id = tenant_id
        self._corpus = corpus
        self._dimensions = version.dimensions
        self._words = words

    async def by_vector(self, query: Floats, k: int, where: Where) -> list[Found]:
        limit = k if self._corpus.dialogue else k * _CHUNKS_A_SOURCE
        rows = await self._store.nearest(
            self._tenant_id,
            self._corpus.name,
            self.version,
            {
                "index": index_name(self._dimensions),
                "path": "embedding",
                "queryVector": query,
                "limit": limit,
                "numCandidates": min(_MOST_CANDIDATES, max(limit * _CANDIDATES, 100)),
            },
            _filter(where),
        )
        keyed = sorted(
            (
                (row["source_id"], row["chunk_index"], round(row["vector_score"], 6), row["seq"])
                for row in rows
            ),
            key=lambda row: (-row[2], row[0], row[1]),
        )
        return best_of(keyed, Method.VECTOR)[:k]

    async def by_words(self, text: str, k: int, where: Where) -> list[Found]:
        """In memory; nothing in a corpus that is held on Atlas alone."""
        return [] if self._words is None else await self._words.by_words(text, k, where)

    async def answering(self, questions: list[Found], where: Where) -> list[Found]:
        wanted = {
            source_id
            for question in questions
            for source_id in turns_after(question.source_id, ANSWERS_WITHIN)
        }
        rows = await self._store.hydrated(
            self._tenant_id, self._corpus.name, self.version, [(name, 0) for name in wanted]
        )

        def seq_of(source_id: str) -> int | None:
            row = rows.get((source_id, 0))
            return row["seq"] if row and allows(where, row["meta"]) else None

        return first_answers(questions, seq_of)


def _filter(where: Where) -> dict[str, Any]:
    conditions = [{f"meta.{one.field}": _operator(one)} for one in where]
    return {"$and": conditions} if conditions else {}


def _operator(condition: Condition) -> dict[str, Any]:
    if len(condition.values) == 1:
        return {"$eq" if condition.wanted else "$ne": condition.values[0]}
    return {"$in" if condition.wanted else "$nin": list(condition.values)}
