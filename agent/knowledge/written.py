"""What people wrote, as it may be stored: no markup, no contact data."""

from agent.kit.text import clean
from agent.knowledge.markup import plain_text
from agent.knowledge.models import Kind
from agent.privacy.pii import redact


def storable(written: str, kind: Kind = "article") -> str:
    """The words of an article; those of a script keep their signs, which may be code."""
    return redact(clean(written) if kind == "script" else plain_text(written)).text
