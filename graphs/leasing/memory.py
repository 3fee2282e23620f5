"""The understanding's memory, as the graph state keeps it: plain JSON and back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from agent.ai.understanding import Memory
from agent.ai.understanding.models import AgentTurn, Candidate, SlotOption, Value
from graphs.leasing.state import LeasingState

_DATES = ("tour_date", "move_date")
_CANDIDATE = tuple(field.name for field in fields(Candidate))


def recalled(state: LeasingState) -> Memory:
    return Memory(
        agent=_turn(state.get("agent", {})),
        shortlist=tuple(_candidate(home) for home in state.get("shortlist", [])),
        focus=state.get("focus"),
        mentioned=dated(state.get("mentioned", {})),
        aside=state.get("aside", False),
        mixed=state.get("mixed", False),
    )


def slot_options(state: LeasingState) -> tuple[SlotOption, ...]:
    return tuple(
        SlotOption(slot["slot_id"], datetime.fromisoformat(slot["local"]))
        for slot in state.get("slots", [])
    )


def after_lead(memory: Memory) -> LeasingState:
    """What a lead's message changes of the memory."""
    return {"focus": memory.focus, "mentioned": plain(memory.mentioned), "aside": memory.aside}


def after_agent(memory: Memory) -> LeasingState:
    """What an agent line that the graph did not write (staff, a transcript) changes of it."""
    turn = memory.agent
    return {
        **after_lead(memory),
        "agent": {
            "text": turn.text,
            "asked": list(turn.asked),
            "offered": list(turn.offered),
            "confirming": plain(turn.confirming),
            "homes": [_home(home) for home in turn.homes],
            "about": turn.about,
            "mentioned": plain(turn.mentioned),
        },
        "shortlist": [_home(home) for home in memory.shortlist],
        "mixed": memory.mixed,
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def dated(values: Mapping[str, Any]) -> dict[str, Value]:
    return {
        k: date.fromisoformat(v) if k in _DATES and isinstance(v, str) else v
        for k, v in values.items()
    }


def _turn(stored: Mapping[str, Any]) -> AgentTurn:
    return AgentTurn(
        text=stored.get("text", ""),
        asked=tuple(stored.get("asked", ())),
        offered=tuple(stored.get("offered", ())),
        confirming=dated(stored.get("confirming", {})),
        homes=tuple(_candidate(home) for home in stored.get("homes", ())),
        about=stored.get("about", ""),
        mentioned=dated(stored.get("mentioned", {})),
    )


def _home(home: Candidate) -> dict[str, Any]:
    return {name: getattr(home, name) for name in _CANDIDATE}


def _candidate(home: Mapping[str, Any]) -> Candidate:
    return Candidate(**{name: home[name] for name in _CANDIDATE if home.get(name) is not None})
