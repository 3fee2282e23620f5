"""A moment in a query: written as ISO 8601 with its zone, never a bare number."""

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def _written(value: Any) -> Any:
    if isinstance(value, str) and not _WRITTEN.match(value):
        raise ValueError("write it as 2026-03-05T18:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
