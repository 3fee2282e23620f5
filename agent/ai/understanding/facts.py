"""What a reader of entities yields."""

from typing import NamedTuple

from .models import Value


class Fact(NamedTuple):
    field: str
    value: Value | None
    """None: the lead withdrew the field."""
    rule: str
