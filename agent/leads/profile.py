"""Applies what a message said to what is known of a lead."""

from typing import Any

from agent.ai.understanding.models import Understanding
from agent.leads.models import LeadProfile

_FIELDS = frozenset(LeadProfile.model_fields)
_ADDED = frozenset({"preferences"})


def updated(profile: LeadProfile, understanding: Understanding) -> LeadProfile:
    """The profile after the message: corrections replace, withdrawn fields empty, a yes fills."""
    values: dict[str, Any] = profile.model_dump()
    for field in understanding.cleared & _FIELDS:
        values[field] = [] if isinstance(values[field], list) else None
    for field, value in {**understanding.accepted, **understanding.entities}.items():
        if field in _ADDED and isinstance(value, list):
            values[field] = list(dict.fromkeys([*values[field], *value]))
        elif field in _FIELDS:
            values[field] = value
    return LeadProfile.model_validate(values)
