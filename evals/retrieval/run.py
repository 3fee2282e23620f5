"""Every labelled question by BM25, by vector and by both; each method as the product has it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from agent.ai.chunking import chunks
from agent.ai.embeddings import Embedder, Embedders
from agent.ai.search import Lexical, Matrix, Row, allows, checked_where, terms
from agent.chunks.corpora import CORPORA, Corpus, Method
from agent.chunks.matrices import Held, index_words
from agent.chunks.memory import InMemory
from agent.chunks.searching import search
from agent.errors import InvalidInput
from agent.settings import Settings
from evals.retrieval.tasks import Task, read_tasks

DEPTH = 20
"""How far down an answer still counts for the mean reciprocal rank."""
SWEEP = (1, 2, 3, 5, 8, 10, 15, 20)
NAMES = {Method.LEXICAL: "bm25", Method.VECTOR: "vector", Method.FUSION: "fusion"}
GOALS = {"articles": {"hit@1": 0.75, "hit@5": 0.93}}
_AT_ONCE = 1_024
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Of each question the place of the first right answer, from 1; None: below DEPTH."""

    places: list[int | None]

    def measured(self) -> dict[str, float]:
        return {
            "hit@1": self.hit(1),
            "hit@5": self.hit(5),
            "mrr": round(fmean(1 / place if place else 0.0 for place in self.places), 4),
        }

    def hit(self, k: int) -> float:
        return round(fmean(place is not None and place <= k for place in self.places), 4)


async def run(settings: Settings, data: Path, *, progress: Progress) -> dict[str, Any]:
    """Measures by task and method, a sweep over k, and the method the product takes.

    Raises InvalidInput where the folder holds no labelled question.
    """
    embedder = Embedders(settings).current
    tasks = list(read_tasks(data))
    if not tasks:
        raise InvalidInput("data_missing", f"{data} holds none of the labelled questions.")
    report = {}
    for done, task in enumerate(tasks, 1):
        report[task.name] = await measure(task, embedder)
        progress(done, len(tasks))
    return {"model": embedder.model, "depth": DEPTH, "tasks": report, "passed": _passed(report)}


async def measure(task: Task, embedder: Embedder) -> dict[str, Any]:
    begun = time.monotonic()
    corpus = CORPORA[task.corpus]
    held = await _held(task, corpus, embedder)
    queries = await _vectors(embedder, [question.text for question in task.questions])
    methods: dict[str, Ranks] = {"bm25_plain": _plain(task)}
    for method in Method:
        methods[NAMES[method]] = await _ranks(replace(corpus, method=method), task, held, queries)
    if corpus.dialogue:
        direct = replace(corpus, dialogue=False)
        methods["direct_fusion"] = await _ranks(direct, task, held, queries)
    best = max(NAMES.values(), key=lambda name: methods[name].measured()["mrr"])
    return {
        "says": task.says,
        "corpus": task.corpus,
        "n": len(task.questions),
        "documents": len(task.sources),
        "chunks": len(held.matrix),
        "methods": {name: ranks.measured() for name, ranks in methods.items()},
        "best": best,
        "product": NAMES[corpus.method],
        "sweep": {name: {str(k): ranks.hit(k) for k in SWEEP} for name, ranks in methods.items()},
        "goal": GOALS.get(task.name),
        "seconds": round(time.monotonic() - begun, 1),
    }


async def _held(task: Task, corpus: Corpus, embedder: Embedder) -> Held:
    cut = [
        (source, index, text)
        for source in task.sources
        for index, text in enumerate(chunks(source.text))
    ]
    vectors = await _vectors(
        embedder, [corpus.embedded(text, source.meta) for source, _, text in cut]
    )
    rows = []
    for (source, index, text), vector in zip(cut, vectors, strict=True):
        words, title = corpus.terms(text, source.meta)
        values = tuple(source.meta.get(field) for field in corpus.fields)
        rows.append(Row(source.source_id, index, 0, values, vector, tuple(words), tuple(title)))
    matrix = Matrix(corpus.fields, len(vectors[0]), room=len(rows))
    held = Held("measured", 0, matrix.with_rows(rows, replace=False))
    index_words(corpus, held)
    return held


async def _ranks(corpus: Corpus, task: Task, held: Held, queries: Sequence[Any]) -> Ranks:
    places: list[int | None] = []
    for question, query in zip(task.questions, queries, strict=True):
        where = checked_where({**task.where, **question.where}, corpus.fields)
        vector = query if corpus.vectors else None
        found = await search(corpus, InMemory(held), question.text, vector, DEPTH, where)
        places.append(_place([item.source_id for item in found], question.wanted))
    return Ranks(places)


def _plain(task: Task) -> Ranks:
    """The easy baseline: BM25 over whole texts, of all that may be found."""
    may = [s for s in task.sources if task.where.items() <= s.meta.items()]
    index = Lexical([terms(f"{s.meta.get('title', '')}\n{s.text}") for s in may])
    places = []
    for question in task.questions:
        scores = index.scores(terms(question.text))
        best = np.argsort(-scores, kind="stable")[: DEPTH + 1]
        allowed = checked_where(question.where, tuple(question.where))
        found = [may[i].source_id for i in best if allows(allowed, may[i].meta)]
        places.append(_place(found[:DEPTH], question.wanted))
    return Ranks(places)


def _place(found: Sequence[str], wanted: frozenset[str]) -> int | None:
    return next((place for place, name in enumerate(found, 1) if name in wanted), None)


async def _vectors(embedder: Embedder, texts: Sequence[str]) -> list[Any]:
    vectors: list[Any] = []
    for start in range(0, len(texts), _AT_ONCE):
        vectors.extend((await embedder.embed(texts[start : start + _AT_ONCE])).vectors)
    return vectors


def _passed(report: dict[str, Any]) -> bool:
    """Whether the product's method reaches every goal that could be measured."""
    return all(
        measured["methods"][measured["product"]][name] >= least
        for measured in report.values()
        for name, least in (measured["goal"] or {}).items()
    )
