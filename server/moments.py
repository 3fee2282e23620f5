"""A moment or a day in a query: written as ISO 8601 has it, never a bare number."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def _written(value: Any) -> Any:
    if isinstance(value, str) and not _WRITTEN.match(value):
        raise ValueError("write it as 2026-03-05T18:00:00Z")
    return value


def _as_day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("write it as 2026-03-05")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
Day = Annotated[date, BeforeValidator(_as_day)]
