"""A short conversation with the support chatbot: questions and grounded answers, redacted."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

TURNS = 10
"""Turns of a chat that are kept, the newest."""
LIFETIME = timedelta(days=1)
"""After the last turn; then the chat is gone."""


class Turn(BaseModel):
    asked: str
    replied: str
    citations: list[str] = Field(default_factory=list)
    at: datetime


class Chat(BaseModel):
    thread_id: str
    owner: str
    """Whose it is: a user, a key, or the visitor of one thread."""
    turns: list[Turn] = Field(default_factory=list)
    expires_at: datetime
