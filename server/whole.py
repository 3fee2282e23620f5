"""A whole number in a body, as JSON has it: 3 and 3.0, never a text."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


AS_JSON = BeforeValidator(_whole)
"""Stands last in the annotation of a strict int."""
Version = Annotated[
    int | None,
    Field(
        strict=True,
        ge=1,
        le=2**31,
        description="The version that was read; 409 when it is stale. Default: the newest.",
    ),
    AS_JSON,
]
