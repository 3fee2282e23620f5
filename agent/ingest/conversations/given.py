"""Threads that come as JSON, in the shape that other systems normalise to."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from agent.ingest.conversations.models import Problem, Refused
from agent.ingest.conversations.turns import EMPTY, Item, turn_of


class GivenMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: str = Field(max_length=200)
    text: str
    timestamp: datetime | str | int | float | None = None


class GivenThread(BaseModel):
    model_config = ConfigDict(extra="forbid")

    thread_id: str | None = Field(default=None, max_length=500)
    messages: list[GivenMessage]


class GivenThreads(BaseModel):
    """`{threads: [{thread_id?, messages: [{role, text, timestamp?}]}]}`."""

    model_config = ConfigDict(extra="forbid")

    threads: list[GivenThread]


def given_items(given: GivenThreads) -> Iterator[Item]:
    """The messages as turns; `line` counts them from 1 through all threads."""
    number = 0
    for thread in given.threads:
        for message in thread.messages:
            number += 1
            moment = message.timestamp
            written = "" if moment is None else str(moment)
            reference = (thread.thread_id or "").strip()
            turn = turn_of(number, message.role, message.text, written, reference)
            yield Refused(turn, thread=reference) if isinstance(turn, Problem) else turn
        yield EMPTY
        yield EMPTY
