"""The form of a model's answer: what it says, what it asks for, what it heard."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, field_validator

Asked = Literal[
    "areas",
    "bedrooms",
    "budget",
    "move_date",
    "pets",
    "property",
    "tour",
    "tour_date",
    "slot",
    "confirm",
    "contact",
    "more",
    "human",
]
Wish = Literal[
    "budget",
    "move_date",
    "areas",
    "bedrooms",
    "bathrooms",
    "pets",
    "furnished",
    "parking",
    "in_unit_laundry",
    "lease_months",
    "occupants",
    "preferences",
]
MOST = 12
"""Wishes and questions taken from one answer."""


class Noted(BaseModel):
    field: Wish
    value: str


class ModelAnswer(BaseModel):
    # `reply` comes first, so that it can be told while the rest is written
    reply: str
    asked: list[Asked] = Field(default_factory=list)
    noted: list[Noted] = Field(default_factory=list)
    understood: bool = True

    @field_validator("asked", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        """A word of the model's own is no reason to lose its reply."""
        return [name for name in _items(value) if name in get_args(Asked)]

    @field_validator("noted", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        return [item for item in _items(value) if _is_noted(item)]


def _is_noted(item: Any) -> bool:
    if isinstance(item, Noted):
        return True
    return (
        isinstance(item, Mapping)
        and item.get("field") in get_args(Wish)
        and isinstance(item.get("value"), str)
    )


def _items(value: Any) -> list[Any]:
    return value[:MOST] if isinstance(value, list) else []
