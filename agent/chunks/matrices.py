"""The chunks of a tenant's corpus in memory, as new as its head."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from agent.ai.search import Lexical, Matrix, Row
from agent.chunks.corpora import Corpus
from agent.chunks.models import Head, Version
from agent.chunks.store import ChunkStore
from agent.chunks.store import Row as Stored
from agent.mongo.vectors import decoded

MOST_BYTES = 1 << 30
"""For all tenants together; what was searched longest ago goes first."""
_BATCH = 2_000
_REINDEXED = 20
"""The words of a corpus are indexed anew once every so many-th row has come since."""


@dataclass(slots=True)
class Held:
    """One corpus as of `seq`; replaced, never changed."""

    version: str
    seq: int
    matrix: Matrix
    lexical: Lexical | None = None
    places: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    """The rows of the matrix that the index knows, in its order."""
    unindexed: int = 0
    """Rows that came after the index was made; it knows them by what it knew then."""


class Matrices:
    def __init__(self, store: ChunkStore, *, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most_bytes = most_bytes
        self._held: OrderedDict[tuple[str, str], Held] = OrderedDict()
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._loading: set[asyncio.Task[Held]] = set()

    @property
    def bytes(self) -> int:
        return sum(held.matrix.bytes for held in self._held.values())

    async def fresh(
        self, tenant_id: str, corpus: Corpus, head: Head, *, vectors: bool = True
    ) -> Held:
        """The corpus at least as new as `head`, which has an active version.

        Those who ask while it is loaded wait for that one load; it goes on when they give up.
        """
        key = (tenant_id, corpus.name)
        held = self._held.get(key)
        if held is None or held.seq < head.seq:
            loading = asyncio.create_task(self._renewed(key, corpus, head, vectors=vectors))
            self._loading.add(loading)
            loading.add_done_callback(self._loading.discard)
            return await asyncio.shield(loading)
        self._held.move_to_end(key)
        return held

    async def close(self) -> None:
        """Stop loading."""
        loading = [*self._loading]
        for each in loading:
            each.cancel()
        await asyncio.gather(*loading, return_exceptions=True)

    async def _renewed(
        self, key: tuple[str, str], corpus: Corpus, head: Head, *, vectors: bool
    ) -> Held:
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._held.get(key)
            if held is None or held.seq < head.seq:
                held = await self._load(
                    key[0], corpus, head, held, vectors=vectors and corpus.vectors
                )
                if corpus.lexical:
                    await asyncio.to_thread(bring_words, corpus, held)
            self._held[key] = held
            self._held.move_to_end(key)
            self._make_room(key)
            return held

    async def _load(
        self, tenant_id: str, corpus: Corpus, head: Head, held: Held | None, *, vectors: bool
    ) -> Held:
        version = head.active
        assert version is not None
        current = version.embedding_version
        grows = held is not None and held.version == current and held.seq >= head.removed_seq
        if held is not None and grows:
            news = [
                row
                async for batch in self._rows(tenant_id, corpus, version, held.seq, vectors)
                for row in batch
            ]
            matrix = await asyncio.to_thread(held.matrix.with_rows, news) if news else held.matrix
            if not matrix.extends(held.matrix):
                return Held(current, head.seq, matrix)
            late = held.unindexed + len(news)
            return Held(current, head.seq, matrix, held.lexical, held.places, late)
        room = await self._store.count(tenant_id, corpus.name, current)
        matrix = Matrix(corpus.fields, version.dimensions if vectors else 0, room=room + 64)
        async for batch in self._rows(tenant_id, corpus, version, -1, vectors):
            matrix = await asyncio.to_thread(matrix.with_rows, batch, replace=False)
        return Held(current, head.seq, matrix)

    async def _rows(
        self, tenant_id: str, corpus: Corpus, version: Version, seq: int, vectors: bool
    ) -> AsyncIterator[list[Row]]:
        fields = ["meta"]
        fields += ["embedding"] if vectors else []
        fields += ["text"] if corpus.lexical else []
        stored: list[Stored] = []
        async for row in self._store.after(
            tenant_id, corpus.name, version.embedding_version, seq, fields
        ):
            stored.append(row)
            if len(stored) == _BATCH:
                yield await asyncio.to_thread(_read, corpus, stored)
                stored = []
        if stored:
            yield await asyncio.to_thread(_read, corpus, stored)

    def _make_room(self, kept: tuple[str, str]) -> None:
        for key in [*self._held]:
            if self.bytes <= self._most_bytes:
                return
            if key != kept:
                del self._held[key]


def _read(corpus: Corpus, stored: Sequence[Stored]) -> list[Row]:
    return [
        Row(
            row["source_id"],
            row["chunk_index"],
            row["seq"],
            tuple(_plain(row["meta"].get(name)) for name in corpus.fields),
            decoded(row["embedding"]) if "embedding" in row else None,
            *_terms(corpus, row),
        )
        for row in stored
    ]


def _terms(corpus: Corpus, row: Stored) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not corpus.lexical:
        return (), ()
    both, title = corpus.terms(row["text"], row["meta"])
    return tuple(both), tuple(title)


def _plain(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def bring_words(corpus: Corpus, held: Held) -> None:
    """Let the index of words have all that is held: a few rows are added, for many it is made."""
    if held.lexical is None or held.unindexed > held.matrix.rows // _REINDEXED:
        index_words(corpus, held)
    elif held.unindexed:
        matrix = held.matrix
        known = int(held.places[-1]) + 1 if len(held.places) else 0
        rows = range(known, matrix.rows)
        held.lexical = held.lexical.with_more(
            [matrix.terms(row) for row in rows], [matrix.title(row) for row in rows]
        )
        held.places = np.concatenate([held.places, np.arange(known, matrix.rows)])


def index_words(corpus: Corpus, held: Held) -> None:
    """Make the index of words over all that is held."""
    matrix, alive = held.matrix, held.matrix.alive
    held.places = np.arange(matrix.rows) if alive is None else np.flatnonzero(alive)
    rows: list[int] = held.places.tolist()
    held.lexical = Lexical(
        [matrix.terms(row) for row in rows],
        [matrix.title(row) for row in rows],
        title_weight=corpus.title_weight,
    )
    held.unindexed = 0
