"""The order of the answers: what each method finds, by source, in one corpus in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from agent.ai.search import Matrix, Where, fused, terms
from agent.ai.search.filters import Condition
from agent.ai.search.matrix import Floats
from agent.chunks.corpora import Corpus, Method
from agent.chunks.matrices import Held
from agent.chunks.models import turns_after

DEPTH = 50
"""So many of each list are fused."""
ANSWERS_WITHIN = 3
"""Turns after a question in which its answer is looked for."""
ASKED: Where = (Condition("role", ("lead",)),)
ECHO = 0.9
"""From this score on a text says the same as the search."""


@dataclass(slots=True)
class Found:
    """A source by its best chunk."""

    source_id: str
    chunk_index: int
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    seq: int = -1
    """Of the chunk when it was found; -1 where it is not known."""


def search(
    corpus: Corpus, held: Held, text: str, query: Floats | None, k: int, where: Where
) -> list[Found]:
    """The k best sources in one corpus; `query` is the vector of `text` where vectors are used."""
    if not asks_for_answers(corpus, where) or query is None:
        return by_method(corpus, held, text, query, k, where)
    questions = by_method(corpus, held, text, query, 4 * max(k, DEPTH), ASKED)
    said = by_vector(held.matrix, query, k, where)
    return with_echoes(answering(held.matrix, questions, where), said, k)


def by_method(
    corpus: Corpus, held: Held, text: str, query: Floats | None, k: int, where: Where
) -> list[Found]:
    if corpus.method is Method.LEXICAL:
        return by_words(held, text, k, where)
    assert query is not None
    if corpus.method is Method.VECTOR:
        return by_vector(held.matrix, query, k, where)
    depth = max(DEPTH, 2 * k)
    words = by_words(held, text, depth, where)
    return together(corpus, words, by_vector(held.matrix, query, depth, where), k)


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


def asks_for_answers(corpus: Corpus, where: Where) -> bool:
    """Whether only turns of the agent are wanted, in a corpus where those answer something."""
    return corpus.dialogue and any(
        (condition.field, condition.values, condition.wanted) == ("role", ("agent",), True)
        for condition in where
    )


def answering(matrix: Matrix, questions: list[Found], where: Where) -> list[Found]:
    """The first turn after each question that `where` allows, in the order of the questions."""
    mask = matrix.matching(where)
    answers: dict[str, Found] = {}
    for question in questions:
        for source_id in turns_after(question.source_id, ANSWERS_WITHIN):
            row = matrix.first(source_id)
            if row is None or (mask is not None and not mask[row]):
                continue
            found = Found(source_id, 0, question.score, question.scores, matrix.seq(row))
            answers.setdefault(source_id, found)
            break
    return list(answers.values())


def with_echoes(answers: list[Found], said: list[Found], k: int) -> list[Found]:
    """`answers`, after what was said in nearly the same words as the search itself."""
    same = [found for found in said if found.scores[Method.VECTOR] >= ECHO]
    first = {found.source_id for found in same}
    return [*same, *(found for found in answers if found.source_id not in first)][:k]


def _sources(matrix: Matrix, rows: Iterable[tuple[int, float]], method: Method) -> list[Found]:
    best: dict[str, Found] = {}
    for row, score in rows:
        source_id, chunk_index = matrix.key(row)
        if source_id not in best:
            best[source_id] = Found(
                source_id, chunk_index, score, {method.value: score}, matrix.seq(row)
            )
    return list(best.values())
