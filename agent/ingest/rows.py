"""One row of a listing file as a draft: which cells it must have, which it may lose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.ingest import values
from agent.ingest.values import Unreadable
from agent.listings.models import ListingDraft

_READERS: dict[str, Callable[[Any], Any]] = {
    "listing_id": values.text,
    "external_id": values.text,
    "name": values.text,
    "unit": values.unit,
    "area": values.text,
    "address": values.text,
    "rent": values.rent,
    "bedrooms": values.bedrooms,
    "bathrooms": values.bathrooms,
    "square_feet": values.square_feet,
    "pets": values.flag("pets"),
    "furnished": values.flag("furnished"),
    "parking": values.flag("parking"),
    "in_unit_laundry": values.flag("in_unit_laundry"),
    "phone": values.text,
    "description": values.text,
    "features": values.texts,
    "available": values.flag("available"),
    "available_from": values.day,
}
_OPTIONAL = frozenset(
    {"square_feet", "pets", "furnished", "parking", "in_unit_laundry", "phone", "features"}
)
"""Fields that a home can be offered without: an unusable cell is left out with a warning."""


@dataclass(frozen=True, slots=True)
class Problem:
    field: str
    code: str
    reason: str

    @property
    def fatal(self) -> bool:
        return self.field not in _OPTIONAL


def read_draft(
    cells: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[ListingDraft | None, list[Problem]]:
    """The home that a row describes, and what is wrong with its cells; no home if that matters.

    `defaults` are the fields that a row need not give.
    """
    found, unreadable = _read(_dated(cells))
    found = {**defaults, **found}
    if address := found.get("address"):
        found.setdefault("name", address)
    problems = unreadable + [
        problem
        for problem in _absurd(found)
        if problem.field not in {known.field for known in unreadable}
    ]
    if any(problem.fatal for problem in problems):
        return None, [problem for problem in problems if problem.fatal]
    for problem in problems:
        found.pop(problem.field, None)
    return ListingDraft(**found), problems


def _read(cells: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    found: dict[str, Any] = {}
    problems = []
    for field, cell in cells.items():
        try:
            found[field] = _READERS[field](cell)
        except Unreadable as error:
            reason = f"{field}: {str(cell)[:40]!r} {error}."
            problems.append(Problem(field, f"{field}_unreadable", reason))
    return {field: value for field, value in found.items() if value is not None}, problems


def _dated(cells: Mapping[str, Any]) -> Mapping[str, Any]:
    """`cells`, with a date in the column "available" taken as the first day."""
    said = cells.get("available")
    if said is None or "available_from" in cells:
        return cells
    try:
        _READERS["available"](said)
    except Unreadable:
        rest = {field: cell for field, cell in cells.items() if field != "available"}
        return {**rest, "available_from": said}
    return cells


def _absurd(found: Mapping[str, Any]) -> list[Problem]:
    try:
        ListingDraft.model_validate(found)
    except ValidationError as error:
        return [_problem(detail) for detail in error.errors(include_url=False)]
    return []


def _problem(detail: ErrorDetails) -> Problem:
    field = str(detail["loc"][0])
    if detail["type"] == "missing":
        return Problem(field, f"{field}_missing", f"{field}: the row gives none.")
    said = str(detail["input"])[:40]
    return Problem(field, f"{field}_absurd", f"{field}: {said} is not possible: {detail['msg']}.")
