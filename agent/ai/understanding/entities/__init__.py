"""One reader a concern; each yields facts from the clauses about homes."""

from collections.abc import Iterator

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context

from . import areas, budget, features, home, lease, occupants, preferences, rooms, when

_READERS = (
    areas.read,
    rooms.read,
    budget.read,
    features.read,
    when.read,
    lease.read,
    occupants.read,
    home.read,
    preferences.read,
)


def read_entities(message: Message, context: Context) -> Iterator[Fact]:
    for reader in _READERS:
        yield from reader(message, context)
