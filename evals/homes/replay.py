"""Teacher forcing: the given turns are the history, each lead turn is read and scored.

The labels take no part: what a turn is about is decided from the words alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agent.ai.understanding import Memory, Stage, read_agent_turn, stage_of, understand
from agent.ai.understanding.models import (
    AgentTurn,
    Candidate,
    Gazetteer,
    Intent,
    Understanding,
)
from agent.leads.models import LeadProfile
from agent.leads.profile import updated

from .dialogues import Dialogue, Turn


@dataclass(frozen=True, slots=True)
class LeadTurn:
    """A lead turn as the agent understood it."""

    turn: Turn
    understanding: Understanding
    profile: dict[str, Any]
    """The known fields after the turn."""
    stage: Stage
    before: AgentTurn
    """The agent turn it answers."""
    books: bool
    """The lead said yes to a visit the agent wanted confirmed."""


def known_of(profile: LeadProfile) -> dict[str, Any]:
    return {name: value for name, value in profile.model_dump().items() if value not in (None, [])}


def replay(
    dialogue: Dialogue, gazetteer: Gazetteer, resolve: Callable[[Candidate], Candidate]
) -> Iterator[LeadTurn]:
    memory, profile = Memory(mixed=True), LeadProfile()
    stage: Stage = "qualifying"
    for turn in dialogue.turns:
        if turn.role == "agent":
            agent_turn = read_agent_turn(
                turn.text, gazetteer=gazetteer, shortlist=memory.shortlist, today=dialogue.today
            )
            memory = memory.after_agent(agent_turn, resolve)
            continue
        context = memory.context(dialogue.today, known_of(profile), gazetteer)
        understanding = understand(turn.text, context)
        profile = updated(profile, understanding)
        known = known_of(profile)
        stage = stage_of(stage, understanding, known, has_shortlist=bool(memory.shortlist))
        yield LeadTurn(
            turn=turn,
            understanding=understanding,
            profile=known,
            stage=stage,
            before=memory.agent,
            books=books(memory.agent, understanding),
        )
        memory = memory.after_lead(understanding)


def books(agent: AgentTurn, understanding: Understanding) -> bool:
    """A visit is booked on a yes to a proposed property and date, and on nothing else."""
    return (
        {"property", "tour_date"} <= agent.confirming.keys()
        and understanding.has(Intent.AFFIRM)
        and not understanding.has(Intent.NEGATE)
    )
