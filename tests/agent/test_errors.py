import pytest

from agent import errors
from agent.errors import LatchkeyError

LEAVES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, LatchkeyError) and kind is not LatchkeyError
]


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_carries_what_a_caller_needs(kind: type[LatchkeyError]) -> None:
    error = kind("noun_reason", "Do this next.", details=({"row": 3},), retry_after=2)
    assert str(error) == error.message == "Do this next."
    assert (error.code, error.details, error.retry_after) == ("noun_reason", [{"row": 3}], 2)


def test_an_error_has_no_details_of_its_own_accord() -> None:
    first, second = errors.NotFound("a_b", "c"), errors.NotFound("a_b", "c")
    first.details.append("mine")
    assert second.details == []
    assert second.retry_after is None


def test_what_is_caught_for_the_whole_is_caught_for_the_part() -> None:
    assert issubclass(errors.Duplicate, errors.Conflict)
    assert issubclass(errors.StorageFull, errors.Unavailable)
    assert not issubclass(errors.Gone, errors.NotFound)
