"""What a leasing thread remembers between turns: small, bounded, plain JSON."""

from typing import Any, TypedDict

CONTACT_MARKS = ("[email]", "[phone]", "[name]")
"""What stands for contact data in a redacted text."""
OFFERED = 60
"""listing_ids remembered as offered."""


class Incoming(TypedDict):
    """One thing that waits for an answer: a lead's message, or the outcome of an action."""

    message_id: str
    turn: int
    text: str
    action_id: str | None


class Heard(TypedDict):
    """What the messages of this turn said, beyond what went into the profile."""

    intents: list[str]
    topics: list[str]
    references: list[str]
    slot_ids: list[str]
    tour_time: str | None
    entities: dict[str, Any]
    """Profile fields said, with their values."""
    changed: list[str]
    """Profile fields that have another value now."""
    cleared: list[str]
    understood: bool
    rules: list[str]


class Confirm(TypedDict):
    """An action that waits for the lead's own yes before it is proposed."""

    tool: str
    args: dict[str, Any]
    template: str
    """The question that asked for the yes, and what it was filled with."""
    values: dict[str, Any]
    stage: str
    """Where it was asked, which decides on the tool's permission."""


class Output(TypedDict):
    """What one turn came to; written out by the runtime."""

    reply: str
    listings: list[dict[str, Any]]
    slots: list[dict[str, Any]]
    retrieved: list[str]
    rules: list[str]
    events: list[dict[str, Any]]
    handoff: str | None
    model: dict[str, Any] | None
    """Which model wrote the reply, and what that took; see `agent.audit.models.Model`."""


class LeasingState(TypedDict, total=False):
    tenant_id: str
    thread_id: str
    lead_id: str
    community_id: str
    contact_ref: str | None
    now: str
    incoming: list[Incoming]
    through: int
    """turn_index of the last message this state has answered."""

    stage: str
    profile: dict[str, Any]
    window: list[list[str]]
    """The last lines, oldest first; see `history.Line`."""
    story: list[str]
    """What came of the turns that have left the window, oldest first."""
    agent: dict[str, Any]
    """What the agent said last, as `AgentTurn` has it."""
    mentioned: dict[str, Any]
    """Areas and a date spoken of last: what "there" and "that day" mean."""
    aside: bool
    """The talk has left homes."""
    mixed: bool
    """A transcript that serves other errands too; what a visitor starts is about homes."""
    shortlist: list[dict[str, Any]]
    """Homes offered last, in order."""
    offered: list[str]
    """listing_ids ever offered, newest last."""
    focus: str | None
    favorites: list[str]
    slots: list[dict[str, Any]]
    confirm: Confirm | None
    once: list[str]
    """Questions that are asked once only."""
    misses: int
    """Messages in a row that were not understood."""
    disclosed: list[str] | None
    """[criteria version, when] as shown in this thread."""
    no_pet_terms: bool
    """Pet fees and rules do not apply to this lead; why is nobody's business here."""
    pending: list[str]
    """action_ids that wait for a person, oldest first."""
    heard: Heard | None
    output: Output | None


def changes(before: LeasingState, after: LeasingState) -> LeasingState:
    """What of `after` is another value than in `before`; nothing is changed in its place.

    A channel of the graph that is written costs time even where it stays the same.
    """
    new = {name: value for name, value in after.items() if before.get(name, ...) is not value}
    return new  # type: ignore[return-value]  # some of its keys
