"""The single methods: words alone, vectors alone, the nearest ticket's article."""

import asyncio
from collections.abc import Sequence

import numpy as np

from agent.ai.embeddings import Embedder
from agent.ai.search import Lexical, terms
from agent.knowledge.models import Article

LOOKED_AT = 2_000
"""Characters of an article that make its vector."""


class Words:
    """BM25 over texts as they are, with an English stemmer."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._index = Lexical([terms(text) for text in texts])

    def order(self, text: str) -> list[int]:
        scores = self._index.scores(terms(text))
        return [int(at) for at in np.argsort(-scores, kind="stable") if scores[at] > 0]


class Vectors:
    """Cosine of one vector a text."""

    def __init__(self, embedder: Embedder, vectors: np.ndarray) -> None:
        self._embedder = embedder
        self._vectors = vectors

    @classmethod
    async def of(cls, embedder: Embedder, texts: Sequence[str]) -> "Vectors":
        embedded = await embedder.embed([text[:LOOKED_AT] for text in texts])
        return cls(embedder, embedded.vectors)

    async def order(self, text: str) -> list[int]:
        [vector] = (await self._embedder.embed([text[:LOOKED_AT]])).vectors
        return [int(at) for at in np.argsort(-(self._vectors @ vector), kind="stable")]


class Singles:
    """Each method alone over the articles."""

    def __init__(self, ids: list[str], words: Words, vectors: Vectors) -> None:
        self._ids = ids
        self._words = words
        self._vectors = vectors

    @classmethod
    async def of(cls, embedder: Embedder, articles: Sequence[Article]) -> "Singles":
        texts = [f"{article.title}\n{article.text}" for article in articles]
        words = await asyncio.to_thread(Words, texts)
        vectors = await Vectors.of(embedder, texts)
        return cls([article.knowledge_id for article in articles], words, vectors)

    async def found(self, text: str, k: int) -> dict[str, list[str]]:
        """Method -> the ids of its k best."""
        words = self._words.order(text)
        vectors = await self._vectors.order(text)
        return {
            "bm25": [self._ids[at] for at in words[:k]],
            "vector": [self._ids[at] for at in vectors[:k]],
        }


class Nearest:
    """The article of the resolved ticket that is nearest by subject and description."""

    def __init__(self, articles: Sequence[str | None], words: np.ndarray, vectors: np.ndarray):
        self._articles = articles
        self._scores = {"bm25": words, "vector": vectors}

    @classmethod
    async def of(
        cls, embedder: Embedder, texts: Sequence[str], articles: Sequence[str | None]
    ) -> "Nearest":
        index = Lexical([terms(text) for text in texts])
        words = np.array([index.scores(terms(text)) for text in texts])
        vectors = (await embedder.embed([text[:LOOKED_AT] for text in texts])).vectors
        return cls(articles, words, vectors @ vectors.T)

    def found(self, at: int, known: Sequence[int]) -> dict[str, str | None]:
        """Method -> the article, among the tickets at `known` that have one."""
        asked = [each for each in known if each != at and self._articles[each] is not None]
        if not asked:
            return dict.fromkeys(self._scores)
        return {
            method: self._articles[asked[int(np.argmax(scores[at, asked]))]]
            for method, scores in self._scores.items()
        }
