import threading
from typing import Any

import numpy as np
import pytest

from agent.ai.search import Condition, Matrix, Row, allows, checked_where
from agent.ai.search.shelf import Floats
from agent.errors import InvalidInput

FIELDS = ("role", "stage")
CHANCE = np.random.default_rng(7)


def units(count: int, dimensions: int = 16) -> Floats:
    vectors = CHANCE.standard_normal((count, dimensions), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def row(name: str, vector: Floats, *, role: str = "lead", stage: str | None = None) -> Row:
    return Row(name, 0, 1, (role, stage), vector)


def filled(vectors: Floats) -> Matrix:
    rows = [
        row(
            f"s{i:04}",
            vector,
            role=("lead", "agent")[i % 2],
            stage=("a", "b", "c", "d", "e")[i % 5],
        )
        for i, vector in enumerate(vectors)
    ]
    return Matrix(FIELDS, vectors.shape[1]).with_rows(rows)


def brute(matrix: Matrix, query: Floats, k: int, keep: Any = None) -> list[str]:
    scores = (matrix.vectors.astype(np.float64) @ query.astype(np.float64)).tolist()
    order = sorted(range(len(scores)), key=lambda i: (-round((1 + scores[i]) / 2, 6), i))
    return [matrix.key(i)[0] for i in order if keep is None or keep(i)][:k]


def names(matrix: Matrix, found: list[tuple[int, float]]) -> list[str]:
    return [matrix.key(place)[0] for place, _ in found]


@pytest.mark.parametrize("size", [1, 9, 10, 11, 500])
def test_finds_exactly_what_brute_force_finds(size: int) -> None:
    matrix = filled(units(size))
    for query in units(20):
        assert names(matrix, matrix.nearest(query, 10)) == brute(matrix, query, 10)


@pytest.mark.parametrize(
    ("where", "keep"),
    [
        ({"role": "agent"}, lambda i: i % 2 == 1),
        ({"stage": "c"}, lambda i: i % 5 == 2),
        ({"stage": ["a", "b"], "role": {"$ne": "agent"}}, lambda i: i % 5 < 2 and i % 2 == 0),
        ({"stage": {"$nin": ["a", "nowhere"]}}, lambda i: i % 5 != 0),
        ({"stage": "nowhere"}, lambda i: False),
    ],
)
def test_filters_before_it_ranks(where: dict[str, Any], keep: Any) -> None:
    matrix = filled(units(400))
    conditions = checked_where(where, FIELDS)
    for query in units(10):
        # the third time the rows come from memory
        for _ in range(3):
            found = names(matrix, matrix.nearest(query, 10, conditions))
            assert found == brute(matrix, query, 10, keep)
    for place in range(400):
        values = {"role": ("lead", "agent")[place % 2], "stage": "abcde"[place % 5]}
        assert allows(conditions, values) == keep(place)


def test_scores_as_atlas_does_and_orders_equal_ones_by_id() -> None:
    same = units(1)[0]
    matrix = Matrix(FIELDS, 16).with_rows([row(name, same) for name in ("c", "a", "b", "e", "d")])
    found = matrix.nearest(same, 3)
    assert names(matrix, found) == ["a", "b", "c"]
    assert {score for _, score in found} == {1.0}
    opposite = Matrix(FIELDS, 16).with_rows([row("x", -same)])
    assert opposite.nearest(same, 1)[0][1] == 0.0
    assert Matrix(FIELDS, 16).nearest(same, 5) == []


def test_a_newer_state_leaves_the_older_one_as_it_was() -> None:
    vectors = units(300)
    old = filled(vectors)
    query = vectors[3]
    before = names(old, old.nearest(query, 5))
    new = old.with_rows([row("s0003", -query), row("new", query)])
    assert names(old, old.nearest(query, 5)) == before
    assert before[0] == "s0003"
    after = names(new, new.nearest(query, 5))
    assert after[0] == "new"
    assert "s0003" not in after
    assert (len(old), len(new), new.rows) == (300, 301, 302)
    assert new.first("s0003") == 300
    assert old.first("new") is None


def test_grows_and_tidies_up_without_losing_a_row() -> None:
    matrix = Matrix(FIELDS, 16)
    vectors = units(3_000)
    for start in range(0, 3_000, 100):
        part = vectors[start : start + 100]
        matrix = matrix.with_rows([row(f"s{start + i}", v) for i, v in enumerate(part)])
    for again in range(30):
        matrix = matrix.with_rows([row(f"s{i}", vectors[i]) for i in range(again * 100, 3_000)])
    assert len(matrix) == 3_000
    assert matrix.rows < 6_000
    assert names(matrix, matrix.nearest(vectors[1234], 1)) == ["s1234"]


def test_readers_see_a_whole_state_while_rows_come() -> None:
    vectors = units(2_000)
    matrix = filled(vectors[:1_000])
    query = vectors[5]
    expected = names(matrix, matrix.nearest(query, 5))
    wrong: list[list[str]] = []

    def read() -> None:
        for _ in range(200):
            found = names(matrix, matrix.nearest(query, 5))
            if found != expected:
                wrong.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    newer = matrix
    for i in range(1_000, 2_000):
        newer = newer.with_rows([row(f"s{i}", vectors[i])])
    reader.join()
    assert wrong == []
    assert len(newer) == 2_000


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"tenant_id": "other"}, "search_filter_undeclared"),
        ({"role": {"$gt": "a"}}, "search_filter_unknown"),
        ({"role": {"$in": [{}]}}, "search_filter_invalid"),
        ({"role": object()}, "search_filter_invalid"),
    ],
)
def test_other_filters_are_refused(where: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_where(where, FIELDS)
    assert refused.value.code == code


def test_conditions_read_as_they_are_written() -> None:
    assert checked_where({"role": {"$in": ["a", "b"], "$ne": "b"}}, FIELDS) == (
        Condition("role", ("a", "b")),
        Condition("role", ("b",), wanted=False),
    )
