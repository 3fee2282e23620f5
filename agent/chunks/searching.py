"""The order of the answers: what each method finds, by source, whatever holds the corpus."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from agent.ai.search import Condition, Where, fused
from agent.ai.search.fusion import CONSTANT
from agent.ai.search.shelf import Floats
from agent.chunks.corpora import Corpus, Method
from agent.chunks.models import turns_after

DEPTH = 50
"""So many of each list are fused."""
ANSWERS_WITHIN = 3
"""Turns after a question in which its answer is looked for."""
ASKED: Where = (Condition("role", ("lead",)),)
SHARED = ("thread_id", "community_id")
"""Fields that are the same for a question and its answer."""
ECHO = 0.995
"""From this score on a text has the words of the search; lower ones cost right answers."""


@dataclass(slots=True)
class Found:
    """A source by its best chunk."""

    source_id: str
    chunk_index: int
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    seq: int = -1
    """Of the chunk when it was found."""


class Index(Protocol):
    """One state of one corpus that can be searched: in memory or on Atlas."""

    version: str

    async def by_vector(self, query: Floats, k: int, where: Where) -> list[Found]: ...

    async def by_words(self, text: str, k: int, where: Where) -> list[Found]: ...

    async def answering(self, questions: list[Found], where: Where) -> list[Found]: ...


async def search(
    corpus: Corpus, index: Index, text: str, query: Floats | None, k: int, where: Where
) -> list[Found]:
    """The k best sources; `query` is the vector of `text` in a corpus that has vectors."""
    if not asks_for_answers(corpus, where):
        return await by_method(corpus, index, text, query, k, where)
    asked = (*ASKED, *(condition for condition in where if condition.field in SHARED))
    questions = await by_method(corpus, index, text, query, 2 * max(k, DEPTH), asked)
    answers = await index.answering(questions, where)
    if query is None:
        return with_echoes(answers, await index.by_words(text, k, where), k)
    return with_echoes(answers, await index.by_vector(query, k, where), k)


async def by_method(
    corpus: Corpus, index: Index, text: str, query: Floats | None, k: int, where: Where
) -> list[Found]:
    if query is None:
        return await index.by_words(text, k, where)
    if corpus.method is Method.VECTOR:
        return await index.by_vector(query, k, where)
    depth = max(DEPTH, 2 * k)
    words = await index.by_words(text, depth, where)
    return together(corpus, words, await index.by_vector(query, depth, where), k)


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


def first_answers(questions: list[Found], seq_of: Callable[[str], int | None]) -> list[Found]:
    """The first turn after each question that has a seq, in the order of the questions."""
    answers: dict[str, Found] = {}
    for question in questions:
        for source_id in turns_after(question.source_id, ANSWERS_WITHIN):
            if (seq := seq_of(source_id)) is not None:
                found = Found(source_id, 0, question.score, question.scores, seq)
                answers.setdefault(source_id, found)
                break
    return list(answers.values())


def with_echoes(answers: list[Found], said: list[Found], k: int) -> list[Found]:
    """First what was said in nearly the words of the search, then `answers`, then the rest."""
    same = [found for found in said if found.scores.get(Method.VECTOR, 0.0) >= ECHO]
    order: dict[str, Found] = {}
    for found in [*same, *answers, *said]:
        order.setdefault(found.source_id, found)
    ranked = list(order.values())[:k]
    for rank, found in enumerate(ranked, start=1):
        found.score = 1 / (CONSTANT + rank)
    return ranked


def best_of(rows: Iterable[tuple[str, int, float, int]], method: Method) -> list[Found]:
    """(source_id, chunk_index, score, seq), best first, as sources by their best chunk."""
    best: dict[str, Found] = {}
    for source_id, chunk_index, score, seq in rows:
        if source_id not in best:
            best[source_id] = Found(source_id, chunk_index, score, {method.value: score}, seq)
    return list(best.values())
