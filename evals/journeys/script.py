"""The people of the journeys: what each says, wants, and should have in the end."""

import json
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CLASSES = ("happy_path", "corrections", "context_switch", "cancellation", "several_wishes")
End = Literal[
    "tour_booked", "tour_rescheduled", "tour_canceled", "handed_off", "application_started"
]


class Aside(BaseModel):
    """Something said once, right after an event."""

    after: Literal["opening", "offered", "slots", "confirm", "pending", "booked", "favorited"]
    say: str


class Wants(BaseModel):
    """The true wishes at the end; what the chosen home must meet."""

    model_config = ConfigDict(extra="forbid")

    area: str
    bedrooms: int
    bathrooms: float | None = None
    max_rent: int | None = None
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None


class Script(BaseModel):
    id: str
    kind: str = Field(alias="class")
    contact: dict[str, str] | None
    opening: str
    answers: dict[str, list[str]]
    """What is asked for -> what this person says, in turn when asked again."""
    asides: list[Aside]
    nudge: list[str]
    wants: Wants
    end: End


def load_scripts() -> list[Script]:
    folder = files("evals.journeys").joinpath("scripts")
    return [
        Script.model_validate(json.loads(line))
        for name in CLASSES
        for line in folder.joinpath(f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
