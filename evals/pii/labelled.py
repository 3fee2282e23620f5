"""A text and what is personal in it."""

from dataclasses import dataclass

from agent.privacy.pii import Kind


@dataclass(frozen=True, slots=True)
class Gold:
    """Personal data at `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    value: str | None = None
    """What all spellings of it share; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Labelled:
    text: str
    spans: tuple[Gold, ...]
    ignored: tuple[tuple[int, int], ...] = ()
    """Public data: neither a leak when kept nor a false alarm when found."""
