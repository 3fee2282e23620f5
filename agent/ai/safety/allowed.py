"""What the text of one conversation may hold although a rule would take it out."""

from collections.abc import Collection, Container
from dataclasses import dataclass

from agent.ai.safety.fair_housing.table import Setting


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the property itself publishes, and what must stay unsaid."""

    contacts: Container[str] = frozenset()
    """E-mail addresses in lower case and phones in E.164."""
    links: str = ""
    """Texts that hold the property's own web addresses."""
    names: Collection[str] = ()
    """Of homes and communities, which say nothing about anybody."""
    criteria: tuple[str, ...] = ()
    """Configured criteria, quoted as they are."""
    settings: Collection[Setting] = ()
    marks: tuple[str, ...] = ()
    """Words of a prompt that nothing else contains."""
    secrets: tuple[str, ...] = ()
    """Lines of a prompt, which are nobody's to read."""
