"""Reads what people write about renting: rules in tables, no model, no date library."""

from .agent_turn import read_agent_turn
from .memory import Memory
from .reading import understand
from .stages import Stage, stage_of

__all__ = ["Memory", "Stage", "read_agent_turn", "stage_of", "understand"]
