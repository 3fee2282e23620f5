from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from agent.audit.models import Why
from agent.events.models import Event


class Stage(StrEnum):
    """Where a lead stands. The last three are set by people or the CRM only."""

    QUALIFYING = "qualifying"
    SENDING_LIST = "sending_list"
    SELECTING_FAVORITES = "selecting_favorites"
    TOURING = "touring"
    APPLYING = "applying"
    APPROVAL = "approval"
    POST_CLOSE = "post_close"
    RENEWAL = "renewal"


SET_BY_PEOPLE = frozenset({Stage.APPROVAL, Stage.POST_CLOSE, Stage.RENEWAL})


class Role(StrEnum):
    LEAD = "lead"
    AGENT = "agent"
    STAFF = "staff"
    SYSTEM = "system"


Channel = Literal["sms", "email"]
"""A way to a lead beside the chat."""
CHANNELS: frozenset[str | None] = frozenset(get_args(Channel))
"""As the source of a thread: the lead wrote first by this way."""


class Message(BaseModel):
    """One line of a transcript; never changed once written, but `unsent`."""

    message_id: str
    turn_index: int
    role: Role
    text: str
    """Redacted: contact data is in the vault."""
    timestamp: datetime | None = None
    """None where a transcript does not tell."""
    stage: Stage | None = None
    action_id: str | None = None
    """On a system message: the action whose outcome it announces."""
    answers: list[str] = Field(default_factory=list)
    """On an agent message: the message_ids it answers."""
    channel: Channel | None = None
    """By which way a lead wrote it, or is to get it; None: the chat."""
    unsent: bool = False
    """On an agent message: that it goes out by `channel` has yet to be proposed."""
    why: Why | None = None
    listings: list[dict[str, Any]] = Field(default_factory=list)
    """On an agent message: the homes it showed."""
    slots: list[dict[str, Any]] = Field(default_factory=list)
    """On an agent message: the tour times it offered."""
    clean_text: str | None = None
    """On a message of a transcript, as what follows: live texts are clean."""
    entities: dict[str, Any] = Field(default_factory=dict)
    source: str | None = None
    """csv or api; None for a live message."""
    pii_hashes: dict[str, str | list[str]] = Field(default_factory=dict)
    """Kind -> the keyed hash of the value that was taken out, or of several."""
    embedding_model: str | None = None
    embedding_version: str | None = None
    withdrawn: bool = False
    """A lead's message that is not answered: a later one has taken its place."""


class ThreadStatus(StrEnum):
    OPEN = "open"
    STAFF = "staff"
    """A person has taken over: what the lead says is kept and told, the agent does not answer."""
    HANDED_OFF = "handed_off"
    CLOSED = "closed"


class Feedback(BaseModel):
    """How good a lead found a reply, or the whole."""

    score: int = Field(ge=1, le=5)
    comment: str = ""
    at: datetime


class Thread(BaseModel):
    """One conversation. Order is kept by `next_turn`, exclusivity of a turn by its lease."""

    thread_id: str
    lead_id: str
    community_id: str
    stage: Stage = Stage.QUALIFYING
    status: ThreadStatus = ThreadStatus.OPEN
    handoff_reason: str | None = None
    labels: list[str] = Field(default_factory=list)
    assigned_to: str | None = None
    """Whose thread it is, as the audit names people."""
    feedback: dict[str, Feedback] = Field(default_factory=dict)
    """turn_index of a reply, or `thread` -> what the lead said of it last."""
    source: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    shortlist: list[dict[str, Any]] = Field(default_factory=list)
    """Homes offered last, in order."""
    favorites: list[str] = Field(default_factory=list)
    next_turn: int = 0
    answered_through: int = -1
    """turn_index of the newest message that has been answered."""
    unanswered: int = 0
    queue: list[Message] = Field(default_factory=list)
    """What waits for an answer, in order: accepted for good, filed with the answer to it."""
    recent: list[str] = Field(default_factory=list)
    """message_ids that left the queue last."""
    checkpoint_id: str | None = None
    """The newest checkpoint of its graph."""
    unfiled: list[dict[str, Any]] = Field(default_factory=list, exclude=True, repr=False)
    """Turns whose messages and events are on their way to their collections."""
    proposed: bool = True
    """False: no action was ever proposed in it, so that none needs to be looked for."""
    version: int = 1
    lead_profile: dict[str, Any] = Field(default_factory=dict)
    """Of a transcript, as what follows: hashes of contact data, and what was wished for."""
    message_count: int | None = None
    first_message_ts: datetime | None = None
    last_message_ts: datetime | None = None
    summary: str | None = None
    source_file: str | None = None
    created_at: datetime
    updated_at: datetime


class Lease(BaseModel):
    """The right to run a thread's turns, until a time; a higher fence makes it void."""

    owner: str
    fence: int


OnBusy = Literal["enqueue", "reject", "interrupt", "rollback"]
"""What becomes of a message that comes while others wait: answered together with them, refused,
answered together with them in a new turn that ends the running one, or answered in their place."""


class Accepted(BaseModel):
    """A lead's message that is kept."""

    message: Message
    new: bool = True
    """False: it had been sent before."""
    thread: Thread | None = None
    """As it is with the message; None where `new` is not."""
    lease: Lease | None = None
    """The right to answer it at once, where nobody else had it."""
    withdrawn: list[Message] = Field(default_factory=list)
    """Messages that it has taken the place of."""


class TurnResult(BaseModel):
    """What one turn changed, written in one write."""

    reply: str
    stage: Stage
    was: Stage | None = None
    """The stage when the turn began: where a person has set another one meanwhile, that stays."""
    moves: bool = True
    """False: a person has set another stage meanwhile."""
    why: Why
    answered: list[Message]
    """What it answers, in order: lead messages and outcomes of decisions."""
    listings: list[dict[str, Any]] = Field(default_factory=list)
    slots: list[dict[str, Any]] = Field(default_factory=list)
    favorites: list[str]
    handoff_reason: str | None = None
    channel: Channel | None = None
    """By which way the lead gets the reply; None: the chat."""
    events: list[Event] = Field(default_factory=list)
    checkpoint_id: str | None = None
    """What the graph remembers after it."""
    graph: dict[str, Any] | None = None
    """The same as a row; None: as before."""

    @property
    def through(self) -> int:
        """turn_index of the last message answered."""
        return self.answered[-1].turn_index

    def without_stage(self) -> "TurnResult":
        """The same where a person has set another stage meanwhile."""
        events = [event for event in self.events if event.type != "thread.stage_changed"]
        return self.model_copy(update={"moves": False, "events": events})
