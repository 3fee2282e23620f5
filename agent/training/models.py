import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

STAGES_SLOT = "stages"
"""Where the deployed stage classifier of a tenant stands."""


def chat_slot(stage: str | None = None) -> str:
    """Where the chat model of a stage stands; without a stage, of all that have none."""
    return f"chat:{stage}" if stage else "chat"


class KeptFile(BaseModel):
    lines: int = 0
    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> "KeptFile":
        return cls(size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Dataset(BaseModel):
    """Examples made from one tenant's conversations; the same conversations give the same hash."""

    dataset_id: str
    hash: str
    """Of every file."""
    files: dict[str, KeptFile]
    counts: dict[str, int]
    """Threads and examples, and what was left out, by reason."""
    provenance: dict[str, Any]
    """What it was made from and by: hash of the thread ids, source files, versions."""
    emptied: bool = False
    """Its files are gone, because somebody in it was forgotten."""
    created_at: datetime
    created_by: str


class ModelKind(StrEnum):
    STAGES = "stages"
    FINE_TUNE = "fine_tune"


class ModelStatus(StrEnum):
    TRAINING = "training"
    TRAINED = "trained"
    EVALUATED = "evaluated"
    """Passed the gate."""
    REFUSED = "refused"
    """Did not pass the gate."""
    DEPLOYED = "deployed"
    RETIRED = "retired"
    """Was deployed before."""
    FAILED = "failed"


class Check(BaseModel):
    """One condition of the gate, with the figures that decided it."""

    name: str
    value: float
    least: float
    passed: bool


class Evaluation(BaseModel):
    """What a model did on examples it has not learnt from."""

    passed: bool
    checks: list[Check]
    figures: dict[str, Any] = Field(default_factory=dict)
    n: int
    against: str | None = None
    """The version or model it was compared with."""
    at: datetime


class Remote(BaseModel):
    """Where a model lives at the server that tunes it."""

    file_id: str | None = None
    validation_file_id: str | None = None
    job_id: str | None = None
    model: str | None = None


class Model(BaseModel):
    """One version of something learnt. The same data and the same base are the same version."""

    version: str
    kind: ModelKind
    base: str
    """What it started from: a chat model, or the format of our classifier."""
    dataset_id: str | None = None
    dataset_hash: str
    status: ModelStatus
    metrics: dict[str, Any] = Field(default_factory=dict)
    artefact: KeptFile | None = None
    """The bytes we keep of it."""
    remote: Remote = Remote()
    starting_until: datetime | None = None
    """While a worker is about to begin the remote job; no other begins it then."""
    evaluation: Evaluation | None = None
    error: str | None = None
    created_at: datetime
    created_by: str


class Deployment(BaseModel):
    """What is in use in one slot, and what was before it."""

    slot: str
    version: str | None = None
    history: list[str] = Field(default_factory=list)
    """Versions before this one, the newest last."""
    revision: int = 0
    at: datetime | None = None
    by: str | None = None


class Prompt(BaseModel):
    """A version of the words for a model that was in use when something was learnt."""

    name: str
    version: str
    digest: str
    first_seen: datetime
