"""The shape of every list, and what a caller says to page through it."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="Items a page.")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next_cursor` of the page before.")
]


class Listed(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None = None
    """Where the next page starts; null on the last one."""
