"""The shapes that LangGraph's clients read and send, named as langgraph-sdk names them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agent.leads.models import LeadProfile
from agent.threads.models import OnBusy, Stage
from graphs.answer import OfferedListing, PendingAction


def _number(value: Any) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("send a number")
    return value


ThreadStatus = Literal["idle", "busy", "interrupted", "error"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
Number = Annotated[int, Field(strict=False), BeforeValidator(_number)]
"""Also 22.0, which JSON does not tell from 22."""
MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
MetadataValue = Annotated[str, Field(max_length=500)] | bool | int | float | None
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(max_length=20, json_schema_extra={"additionalProperties": False}),
]
"""Flat; contact data in it is taken out."""


class Assistant(BaseModel):
    assistant_id: str
    graph_id: str
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    version: int = 1
    config: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any]


class Schemas(BaseModel):
    graph_id: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    state_schema: dict[str, Any]
    config_schema: dict[str, Any]
    context_schema: dict[str, Any]


class Info(BaseModel):
    version: str
    langgraph_py_version: str
    flags: dict[str, bool]


class WireMessage(BaseModel):
    """A line of the transcript as LangChain writes messages."""

    type: Literal["human", "ai", "system"]
    id: str
    content: str
    name: str | None = None
    """On an ai message: `staff` where a person wrote it."""
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    """On an ai message: stage, and the listings and slots it showed."""
    response_metadata: dict[str, Any] = Field(default_factory=dict)


class Values(BaseModel):
    """The state of a thread, read from our own rows."""

    messages: list[WireMessage]
    """The newest 200."""
    stage: Stage
    profile: LeadProfile
    shortlist: list[OfferedListing]
    favorites: list[str]
    pending_actions: list[PendingAction]


class Interrupt(BaseModel):
    """A question to a person; `id` is the action_id, which stays the same over turns."""

    id: str
    value: dict[str, Any]


class RunValues(Values):
    interrupts: list[Interrupt] = Field(default=[], serialization_alias="__interrupt__")
    """There only where the run ended in a question to a person."""


class Checkpoint(BaseModel):
    thread_id: str
    checkpoint_ns: str = ""
    checkpoint_id: str
    checkpoint_map: dict[str, Any] | None = None


class Task(BaseModel):
    id: str
    name: str
    error: str | None = None
    interrupts: list[Interrupt]
    checkpoint: Checkpoint | None = None
    state: dict[str, Any] | None = None
    result: dict[str, Any] | None = None


class ThreadState(BaseModel):
    values: Values
    next: list[str]
    tasks: list[Task]
    metadata: dict[str, Any]
    created_at: datetime
    checkpoint: Checkpoint
    parent_checkpoint: Checkpoint | None = None
    interrupts: list[Interrupt]


class Thread(BaseModel):
    thread_id: str
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any]
    status: ThreadStatus
    values: Values
    interrupts: dict[str, list[Interrupt]]
    """Task -> its question; at most one: the oldest action that waits."""


class Updated(BaseModel):
    checkpoint: Checkpoint


class Run(BaseModel):
    run_id: str
    thread_id: str
    assistant_id: str
    created_at: datetime
    updated_at: datetime
    status: Literal["pending", "success"]
    metadata: dict[str, Any]
    multitask_strategy: str


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GivenCheckpoint(Given):
    thread_id: ThreadId | None = None
    checkpoint_ns: Literal[""] | None = None
    checkpoint_id: Name | None = None
    checkpoint_map: dict[str, Any] | None = None


class TextBlock(Given):
    type: Literal["text"]
    text: str


class InputMessage(Given):
    """What a lead says, as LangChain or OpenAI write messages."""

    type: Literal["human", "user"] | None = None
    role: Literal["human", "user"] | None = None
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,200}$")
    content: str | Annotated[list[TextBlock], Field(min_length=1, max_length=100)]
    name: str | None = Field(default=None, max_length=200)
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    response_metadata: dict[str, Any] = Field(default_factory=dict)
    example: bool = False

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(block.text for block in self.content)


class RunInput(Given):
    """One message of the lead; the transcript is kept here, so the earlier ones are not sent."""

    messages: list[InputMessage] = Field(default_factory=list, max_length=1)


class Command(Given):
    """A person's decision about the action that waits; needs `approvals:write`."""

    resume: Any = None
    """Any shape that LangChain's inboxes send, or `{interrupt_id: one of them}`."""
    goto: Literal["__end__"] | Annotated[list[Literal["__end__"]], Field(max_length=1)] | None = (
        None
    )
    """`__end__` dismisses the action."""
    update: None = None


StreamMode = Literal["values", "updates", "messages", "messages-tuple", "events", "custom"]


class RunConfig(Given):
    """Accepted as clients send it; nothing of it changes a turn."""

    tags: list[Name] = Field(default_factory=list, max_length=100)
    recursion_limit: Number = Field(default=25, ge=1, le=2**31)
    configurable: Annotated[dict[str, Any], Field(max_length=0)] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)


class RunRequest(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "assistant_id": "leasing",
                "input": {"messages": [{"role": "user", "content": "Do you have two bedrooms?"}]},
                "stream_mode": ["values"],
            }
        },
    )

    assistant_id: Name
    input: RunInput | None = None
    command: Command | None = None
    metadata: Metadata = Field(default_factory=dict)
    config: RunConfig | None = None
    context: Annotated[dict[str, Any], Field(max_length=0)] | None = None
    checkpoint: GivenCheckpoint | None = None
    checkpoint_id: Name | None = None
    stream_mode: StreamMode | Annotated[list[StreamMode], Field(max_length=10)] = "values"
    stream_subgraphs: bool = False
    """There are none to see."""
    stream_resumable: bool = False
    """A stream is not joined again; `GET /api/agent/events` replays."""
    multitask_strategy: OnBusy | None = None
    if_not_exists: Literal["create", "reject"] = "reject"
    on_disconnect: Literal["cancel", "continue"] | None = None
    """What a lead has said is answered either way."""
    on_completion: Literal["keep"] | None = None
    interrupt_before: Annotated[list[Name], Field(max_length=0)] | None = None
    interrupt_after: Annotated[list[Name], Field(max_length=0)] | None = None
    durability: Literal["sync", "async", "exit"] | None = None
    """Ours is that of `exit`; the message and its answer are durable on their own."""
    checkpoint_during: bool | None = None
    strict_resume: bool | None = None
    """A resume is always strict here."""

    @property
    def modes(self) -> frozenset[str]:
        modes = self.stream_mode
        return frozenset((modes,) if isinstance(modes, str) else modes)


class ThreadCreate(Given):
    model_config = ConfigDict(json_schema_extra={"example": {"metadata": {"graph_id": "leasing"}}})

    thread_id: ThreadId | None = None
    metadata: Metadata = Field(default_factory=dict)
    if_exists: Literal["raise", "do_nothing"] = "raise"


class ThreadPatch(Given):
    model_config = ConfigDict(json_schema_extra={"example": {"metadata": {"campaign": "spring"}}})

    metadata: Metadata


class ThreadSearch(Given):
    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "interrupted", "limit": 10, "offset": 0}},
    )

    metadata: Metadata | None = None
    status: ThreadStatus | None = None
    ids: Annotated[list[ThreadId], Field(max_length=200)] | None = None
    limit: Number = Field(default=10, ge=1, le=200)
    offset: Number = Field(default=0, ge=0, le=100_000)
    sort_by: Literal["thread_id", "created_at", "updated_at", "state_updated_at"] = "updated_at"
    sort_order: Literal["asc", "desc"] = "desc"


class StateUpdate(Given):
    """The one update there is: as_node `__end__` dismisses the action that waits."""

    model_config = ConfigDict(json_schema_extra={"example": {"values": None, "as_node": "__end__"}})

    values: None = None
    as_node: Literal["__end__"]
    checkpoint: GivenCheckpoint | None = None
    checkpoint_id: Name | None = None


class HistoryRequest(Given):
    model_config = ConfigDict(json_schema_extra={"example": {"limit": 10}})

    limit: Number = Field(default=10, ge=1, le=1000)
    before: GivenCheckpoint | Name | None = None
    checkpoint: GivenCheckpoint | None = None
    metadata: Metadata | None = None


class AssistantSearch(Given):
    model_config = ConfigDict(json_schema_extra={"example": {"limit": 10}})

    graph_id: Name | None = None
    name: Name | None = None
    metadata: Metadata | None = None
    limit: Number = Field(default=10, ge=1, le=1000)
    offset: Number = Field(default=0, ge=0, le=100_000)
    sort_by: Literal["assistant_id", "graph_id", "name", "created_at", "updated_at"] | None = None
    sort_order: Literal["asc", "desc"] | None = None
