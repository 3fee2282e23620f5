"""Reads what people write about renting: rules in tables, no model, no date library."""

from .agent_turn import read_agent_turn
from .reading import understand
from .stages import Stage, stage_of

__all__ = ["Stage", "read_agent_turn", "stage_of", "understand"]
