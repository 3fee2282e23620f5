"""How scores compare with what people decided."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from agent.tickets.models import Status

WIDTH = 10
TOP = 100


class Band(BaseModel):
    """The decided tickets whose resolution scored from `low` to `high`."""

    low: int
    high: int
    approved: int = 0
    """As they were written."""
    edited: int = 0
    """Approved after an edit."""
    rejected: int = 0

    @property
    def n(self) -> int:
        return self.approved + self.edited + self.rejected


def bands(decided: Iterable[Mapping[str, Any]]) -> list[Band]:
    """0-9, 10-19 … 90-99 and 100, of rows with `score`, `status`, `edited` and `n`."""
    found = [Band(low=low, high=min(low + WIDTH - 1, TOP)) for low in range(0, TOP + 1, WIDTH)]
    for row in decided:
        band = found[row["score"] // WIDTH]
        if row["status"] == Status.REJECTED:
            band.rejected += row["n"]
        elif row["edited"]:
            band.edited += row["n"]
        else:
            band.approved += row["n"]
    return found
