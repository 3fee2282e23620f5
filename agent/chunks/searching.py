"""The order of the answers: what each method finds, by source, in one corpus in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from agent.ai.search import Matrix, Where, fused, terms
from agent.ai.search.matrix import Floats
from agent.chunks.corpora import Corpus, Method
from agent.chunks.matrices import Held

DEPTH = 50
"""So many of each list are fused."""


@dataclass(slots=True)
class Found:
    """A source by its best chunk."""

    source_id: str
    chunk_index: int
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    seq: int = -1
    """Of the chunk when it was found; -1 where it is not known."""


def by_vector(matrix: Matrix, query: Floats, k: int, where: Where) -> list[Found]:
    """The k sources with the nearest chunk."""
    depth = k
    while True:
        rows = matrix.nearest(query, depth, where)
        found = _sources(matrix, rows, Method.VECTOR)
        if len(found) >= k or len(rows) < depth:
            return found[:k]
        depth *= 4


def by_words(held: Held, text: str, k: int, where: Where) -> list[Found]:
    """The k sources with the chunk that shares the most telling words; none without any."""
    assert held.lexical is not None
    matrix = held.matrix
    scores = held.lexical.scores(terms(text))
    mask = matrix.matching(where)
    places = np.asarray(held.places, np.intp)
    kept = scores > 0 if mask is None else (scores > 0) & mask[places]
    scores, places = scores[kept], places[kept]
    depth = k
    while True:
        rows = matrix.best(scores, depth, rows=places)
        found = _sources(matrix, rows, Method.LEXICAL)
        if len(found) >= k or len(rows) < depth:
            return found[:k]
        depth *= 4


def together(corpus: Corpus, words: list[Found], vectors: list[Found], k: int) -> list[Found]:
    """Both lists in one; each source by the chunk that its words, else its vector, found."""
    both: dict[str, Found] = {}
    for item in [*words, *vectors]:
        known = both.setdefault(item.source_id, item)
        known.scores.update(item.scores)
    order = fused(
        [
            ([item.source_id for item in words], corpus.lexical_weight),
            ([item.source_id for item in vectors], corpus.vector_weight),
        ]
    )
    for source_id, score in order:
        both[source_id].score = score
    return [both[source_id] for source_id, _ in order[:k]]


def _sources(matrix: Matrix, rows: Iterable[tuple[int, float]], method: Method) -> list[Found]:
    best: dict[str, Found] = {}
    for row, score in rows:
        source_id, chunk_index = matrix.key(row)
        if source_id not in best:
            best[source_id] = Found(
                source_id, chunk_index, score, {method.value: score}, matrix.seq(row)
            )
    return list(best.values())
