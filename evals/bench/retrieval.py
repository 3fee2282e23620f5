"""Exact filtered search against bare numpy on the same matrix, side by side, on one BLAS thread."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from agent.ai.search import Condition, Matrix, Row, Where
from agent.ai.search.shelf import Floats
from agent.errors import Misconfigured

K = 10
DIMENSIONS = 256
SIZES = ((10_000, 1_000), (100_000, 334))
"""(vectors, queries in a round)"""
ROLES = ("lead", "agent")
STAGES = ("qualifying", "sending_list", "selecting_favorites", "touring", "applying")
CLUSTERS = 200
REQUIRED = 1.5
WHERE: Where = (Condition("role", ("agent",)), Condition("stage", ("touring",)))
ROUNDS = 3
"""The headline is the median of so many."""
_WARM = 20
Progress = Callable[[int, int], None]


def run(
    *,
    seed: int = 0,
    sizes: Sequence[tuple[int, int]] = SIZES,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Milliseconds and ratios by size; raises Misconfigured with more than one BLAS thread.

    `filtered` asks for a role and a stage, 10 % of the rows; `filtered_first` the same with a
    filter nobody asked for before; `bare` is numpy's product with the whole matrix and
    argpartition; `bare_filtered` the same on the rows copied out before.
    """
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        raise Misconfigured("bench_threads", "Set OPENBLAS_NUM_THREADS=1 and run it again.")
    measured = {}
    for done, (rows, queries) in enumerate(sizes):
        progress(done, len(sizes))
        measured[str(rows)] = _measure(rows, queries, np.random.default_rng(seed))
    progress(len(sizes), len(sizes))
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cores": os.cpu_count(),
        "blas_threads": 1,
        "dimensions": DIMENSIONS,
        "k": K,
        "required_ratio": REQUIRED,
        "sizes": measured,
        "passed": all(
            size["ratio"] <= REQUIRED
            and size["ratio_unfiltered"] <= REQUIRED
            and size["recall"] == 1.0
            for size in measured.values()
        ),
    }


def _measure(rows: int, queries: int, chance: np.random.Generator) -> dict[str, Any]:
    matrix, asked = _made(rows, queries, chance)
    mask = matrix.matching(WHERE)
    assert mask is not None
    filtered = np.ascontiguousarray(matrix.vectors[mask])
    whole = matrix.vectors
    others = (Condition("role", (f"nobody {number}",), wanted=False) for number in count())
    contenders: dict[str, Callable[[Floats], object]] = {
        "filtered": lambda query: matrix.nearest(query, K, WHERE),
        "filtered_first": lambda query: matrix.nearest(query, K, (*WHERE, next(others))),
        "unfiltered": lambda query: matrix.nearest(query, K),
        "bare": lambda query: _bare(whole, query),
        "bare_filtered": lambda query: _bare(filtered, query),
    }
    rounds = [_interleaved(contenders, asked) for _ in range(ROUNDS)]
    middle = {
        name: {
            quantile: round(statistics.median(r[name][quantile] for r in rounds), 4)
            for quantile in ("p50", "p95")
        }
        for name in contenders
    }
    return {
        "queries": queries * ROUNDS,
        "kept_by_filter": int(mask.sum()),
        "milliseconds": middle,
        "ratio": _ratio(rounds, "filtered", "bare"),
        "ratio_first": _ratio(rounds, "filtered_first", "bare"),
        "ratio_unfiltered": _ratio(rounds, "unfiltered", "bare"),
        "ratio_to_bare_filtered": _ratio(rounds, "filtered", "bare_filtered"),
        "recall": _recall(matrix, asked[:200], mask),
    }


def _interleaved(
    contenders: dict[str, Callable[[Floats], object]], asked: Floats
) -> dict[str, dict[str, float]]:
    """Every contender on every query, in turn, so that a busy moment meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders.items())
    for number, query in enumerate(asked):
        order.append(order.pop(0))
        for name, contender in order:
            begun = time.perf_counter()
            contender(query)
            if number >= _WARM:
                times[name].append((time.perf_counter() - begun) * 1_000)
    return {
        name: {"p50": float(np.percentile(t, 50)), "p95": float(np.percentile(t, 95))}
        for name, t in times.items()
    }


def _ratio(rounds: list[dict[str, dict[str, float]]], ours: str, bare: str) -> float:
    return round(statistics.median(r[ours]["p50"] / r[bare]["p50"] for r in rounds), 3)


def _bare(vectors: Floats, query: Floats) -> object:
    scores = vectors @ query
    best = np.argpartition(scores, len(scores) - K)[-K:]
    return best[np.argsort(-scores[best])]


def _recall(matrix: Matrix, asked: Floats, mask: Any) -> float:
    """The share of our answers, filtered and not, that float64 brute force calls as good."""
    exact = matrix.vectors.astype(np.float64)
    right = total = 0
    for query in asked:
        scores = exact @ query.astype(np.float64)
        for where, allowed in ((WHERE, scores[mask]), ((), scores)):
            least = np.sort(allowed)[-K] - 1e-6
            found = matrix.nearest(query, K, where)
            right += sum(scores[row] >= least for row, _ in found)
            total += K
    return round(right / total, 6)


def _made(rows: int, queries: int, chance: np.random.Generator) -> tuple[Matrix, Floats]:
    """Unit vectors in clusters, as texts are, and questions from the same clusters."""
    centres = chance.standard_normal((CLUSTERS, DIMENSIONS), np.float32)

    def drawn(count: int) -> Floats:
        near = centres[chance.integers(0, CLUSTERS, count)]
        vectors = near + 0.7 * chance.standard_normal((count, DIMENSIONS), np.float32)
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    vectors = drawn(rows)
    roles = chance.integers(0, len(ROLES), rows)
    stages = chance.integers(0, len(STAGES), rows)
    matrix = Matrix(("role", "stage"), DIMENSIONS, room=rows)
    matrix = matrix.with_rows(
        [
            Row(f"t{row:07}", 0, row, (ROLES[roles[row]], STAGES[stages[row]]), vectors[row])
            for row in range(rows)
        ],
        replace=False,
    )
    return matrix, drawn(queries)
