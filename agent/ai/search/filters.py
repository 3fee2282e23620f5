"""Which rows a search may find: conditions on declared fields, the same for numpy and Atlas."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.errors import InvalidInput

_PLAIN = (str, int, float, bool, datetime)
_OPERATORS = {"$eq", "$ne", "$in", "$nin"}


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    values: tuple[Any, ...]
    wanted: bool = True
    """Whether the value must be one of `values`, or none of them."""


Where = tuple[Condition, ...]


def checked_where(where: Mapping[str, Any] | None, declared: Collection[str]) -> Where:
    """`{field: value}`, `{field: [values]}` or `{field: {"$ne" | "$in" | "$nin": …}}`.

    Raises InvalidInput for a field that is not declared, as Atlas does, and for other operators.
    """
    conditions: list[Condition] = []
    for field, given in (where or {}).items():
        if field not in declared:
            raise InvalidInput(
                "search_filter_undeclared",
                f"A search cannot filter by {field!r}; declared are {', '.join(sorted(declared))}.",
            )
        conditions += _conditions(field, given)
    return tuple(conditions)


def allows(where: Where, values: Mapping[str, Any]) -> bool:
    """Whether a row with these values is wanted; a value that is not there is None."""
    return all(
        (values.get(condition.field) in condition.values) == condition.wanted for condition in where
    )


def _conditions(field: str, given: Any) -> list[Condition]:
    if not isinstance(given, Mapping):
        return [Condition(field, _values(given))]
    if unknown := given.keys() - _OPERATORS:
        raise InvalidInput(
            "search_filter_unknown",
            f"A search filters by $eq, $ne, $in and $nin, not by {sorted(map(str, unknown))[0]!r}.",
        )
    return [
        Condition(field, _values(value), wanted=operator in ("$eq", "$in"))
        for operator, value in given.items()
    ]


def _values(given: Any) -> tuple[Any, ...]:
    values = tuple(given) if isinstance(given, list | tuple | set | frozenset) else (given,)
    if not all(value is None or isinstance(value, _PLAIN) for value in values):
        raise InvalidInput(
            "search_filter_invalid",
            "A search filters by texts, numbers, truth values and times.",
        )
    return values
