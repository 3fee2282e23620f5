from datetime import datetime

from pydantic import BaseModel


class Upload(BaseModel):
    """A file that waits in the database for its job."""

    upload_id: str
    purpose: str
    """What it is for: the same bytes for the same purpose are one upload while they wait."""
    name: str
    """As its sender called it; never part of an error or a log."""
    size: int
    sha256: str
    created_at: datetime
    expires_at: datetime
