"""A support ticket: what its file says, what was found for it, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TRANSCRIPT = 32_767
"""Characters a cell of a workbook may have."""
TEXT = 8_000
RELEVANCY, ACCURACY, COMPLETENESS = 40, 35, 25
"""The most points of each part of a score."""


class Status(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    APPROVED = "approved"
    REJECTED = "rejected"


NEXT: dict[Status, tuple[Status, ...]] = {
    Status.PENDING: (Status.IN_PROGRESS,),
    Status.IN_PROGRESS: (Status.APPROVED, Status.REJECTED),
    Status.APPROVED: (),
    Status.REJECTED: (),
}
RESOLVED = (Status.APPROVED, Status.REJECTED)


class Columns(BaseModel):
    """What a row of a ticket file may say beside its conversation."""

    model_config = ConfigDict(extra="forbid")

    ticket_id: str | None = Field(default=None, min_length=1, max_length=50)
    created_at: datetime | None = None
    channel: str | None = Field(default=None, max_length=50)
    customer_role: str | None = Field(default=None, max_length=100)
    product: str | None = Field(default=None, max_length=100)
    category: str | None = Field(default=None, max_length=100)
    priority: str | None = Field(default=None, max_length=20)
    tier: int | None = Field(default=None, ge=1, le=3)
    first_tier_agent_name: str | None = Field(default=None, max_length=100)
    account_name: str | None = Field(default=None, max_length=200)
    property_name: str | None = Field(default=None, max_length=200)
    property_city: str | None = Field(default=None, max_length=100)
    property_state: str | None = Field(default=None, max_length=50)
    contact_name: str | None = Field(default=None, max_length=100)
    contact_role: str | None = Field(default=None, max_length=100)
    contact_email: str | None = Field(default=None, max_length=254)
    contact_phone: str | None = Field(default=None, max_length=50)
    subject: str | None = Field(default=None, max_length=TEXT)
    description: str | None = Field(default=None, max_length=TEXT)


class TicketDraft(Columns):
    """One accepted row, as the file says it: cleaned, not redacted yet.

    Without a ticket_id, or where another ticket has it, the ticket gets a new one.
    """

    conversation_id: str = Field(min_length=1, max_length=100)
    transcript: str = Field(min_length=1, max_length=TRANSCRIPT)


class Case(BaseModel):
    """What a resolution is looked for with: redacted, no contact data."""

    transcript: str
    subject: str | None = None
    description: str | None = None
    product: str | None = None
    category: str | None = None
    """As the file says it; None: to be found."""
    priority: str | None = None
    channel: str | None = None
    customer_role: str | None = None
    property_name: str | None = None
    property_city: str | None = None
    property_state: str | None = None
    account_name: str | None = None


class Label(BaseModel):
    """A guess about a case; confidence in 0..1, 1 where the file says it."""

    value: str | None = None
    confidence: float = Field(default=0.0, ge=0, le=1)


class Labels(BaseModel):
    category: Label = Label()
    priority: Label = Label()
    sentiment: Label = Label()


Kind = Literal["ticket", "article", "script", "resolution"]


class Source(BaseModel):
    """Something that was found for a case, and how near it is."""

    id: str
    kind: Kind
    title: str
    passage: str
    """Redacted."""
    similarity_score: float
    """Cosine of the two texts, in -1..1; higher is nearer."""
    distance: float
    """Euclidean distance of their unit vectors: sqrt(2 - 2 * similarity_score)."""
    score: float
    """What the order within its kind goes by; comparable there only."""
    version: int | None = None
    """Of an article or a resolution, as it was read."""


class Vote(BaseModel):
    """What similar resolved tickets say solves the case."""

    kb_id: str
    share: float = Field(ge=0, le=1)
    """Of all that was voted."""
    tickets: list[str]
    """Who voted for it, the most similar first."""
    script_id: str | None = None
    """Most of them used it with the article."""


class Grounds(BaseModel):
    """All that a resolution may rest on, each list the best first."""

    votes: list[Vote] = Field(default_factory=list)
    tickets: list[Source] = Field(default_factory=list)
    articles: list[Source] = Field(default_factory=list)
    """Articles and approved resolutions, the voted ones included."""
    scripts: list[Source] = Field(default_factory=list)
    evident: bool = False
    """Whether the best article is near enough to be cited; else a draft is written."""


class Score(BaseModel):
    relevancy_points: int = Field(ge=0, le=RELEVANCY)
    accuracy_points: int = Field(ge=0, le=ACCURACY)
    completeness_points: int = Field(ge=0, le=COMPLETENESS)
    reasoning: str

    @property
    def relevancy_score(self) -> int:
        return self.relevancy_points + self.accuracy_points + self.completeness_points


class Resolution(BaseModel):
    """What the graph found for a case, before a person sees it."""

    content: str
    kb_id: str | None = None
    script_id: str | None = None
    draft_title: str | None = None
    """Set where nothing was near enough: the content is a draft article of this title."""
    citations: list[str] = Field(default_factory=list)
    """Ids that the content cites; every one of them was in the grounds."""
    similarity_score: float | None = None
    distance: float | None = None
    """Of what it mainly rests on."""
    labels: Labels = Labels()
    score: Score
    by: str
    """`rules`, or the model that wrote it."""


class Step(BaseModel):
    """One change of a ticket's status."""

    status: Status
    at: datetime
    by: str


class Ticket(BaseModel):
    """Table 3 of the specification and what its way needs; contact data is in the vault."""

    ticket_id: str
    conversation_id: str
    transcript: str
    created_by: str
    """The user or key that uploaded it."""
    created_at: datetime
    channel: str | None = None
    customer_role: str | None = None
    product: str | None = None
    category: str | None = None
    first_tier_agent_name: str | None = None
    account_name: str | None = None
    property_name: str | None = None
    property_city: str | None = None
    property_state: str | None = None
    contact_ref: str | None = None
    contact_hashes: dict[str, str] = Field(default_factory=dict)
    """Keyed, of e-mail and phone: finds the tickets of one person."""
    contact_role: str | None = None
    subject: str | None = None
    description: str | None = None
    tier: int | None = None
    """The lowest tier of an agent who may decide it; None: any."""
    status: Status = Status.PENDING
    steps: list[Step] = Field(default_factory=list)
    assigned_to: str | None = None
    """user_id of the reviewer."""
    resolution_content: str | None = None
    edited_resolution: str | None = None
    edited_by: str | None = None
    reject_reason: str | None = None
    relevancy_score: int | None = None
    relevancy_points: int | None = None
    accuracy_points: int | None = None
    completeness_points: int | None = None
    reasoning: str | None = None
    kb_id: str | None = None
    script_id: str | None = None
    generated_kb_id: str | None = None
    knowledge_id: str | None = None
    """What its approval published."""
    reference_articles: list[str] = Field(default_factory=list)
    similarity_score: float | None = None
    distance: float | None = None
    priority: str | None = None
    sentiment: str | None = None
    confidence: dict[str, float] = Field(default_factory=dict)
    """Of category, priority and sentiment, where they were found."""
    grounds: dict[str, Any] | None = None
    """The Grounds it was resolved on, as shown to the reviewer."""
    resolved_by: str | None = None
    """`rules`, or the model."""
    decided_by: str | None = None
    job_id: str | None = None
    """The upload it came with."""
    row: int | None = None
    """Its row there."""
    version: int = 1
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    """When it was approved or rejected."""
    forgotten_at: datetime | None = None
    """When its contact was erased, and with it all that the contact said."""

    @property
    def final_resolution(self) -> str | None:
        return self.edited_resolution or self.resolution_content

    @property
    def case(self) -> Case:
        """With the category and the priority only where the file said them."""
        return Case.model_validate(
            self.model_dump(include=set(Case.model_fields) - self.confidence.keys())
        )
