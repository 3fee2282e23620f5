import numpy as np
import pytest

from agent.ai.embeddings import cost
from agent.ai.embeddings.checks import Vectors, checked
from agent.errors import InvalidInput, Unavailable


def raw(*rows: list[float]) -> Vectors:
    return np.array(rows, np.float32)


def test_scales_to_unit_length() -> None:
    vectors = checked(raw([3, 4], [1e-20, 0]), count=2, dimensions=2, model="m")
    assert np.allclose(vectors, raw([0.6, 0.8], [1, 0]))


@pytest.mark.parametrize("bad", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_a_vector_without_direction_is_refused(bad: list[float]) -> None:
    with pytest.raises(Unavailable, match="zero or not finite"):
        checked(raw([1, 0], bad), count=2, dimensions=2, model="m")


def test_counts_and_dimensions_are_checked() -> None:
    with pytest.raises(Unavailable, match="1 vectors for 2"):
        checked(raw([1, 0]), count=2, dimensions=2, model="m")
    with pytest.raises(InvalidInput, match="latchkey embed --rebuild"):
        checked(raw([1, 0]), count=1, dimensions=3, model="m")


def test_prices() -> None:
    assert cost("wordllama", 10**9) == 0
    assert cost("text-embedding-3-large", 1_000_000) == pytest.approx(0.13)
    assert cost("house-model", 5) is None
