"""A community the lead names that was not offered yet; an offered one is a reference."""

from collections.abc import Iterator

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context


def read(message: Message, context: Context) -> Iterator[Fact]:
    offered = {home.name for home in context.shortlist}
    for clause in message.homes:
        for name in clause.communities:
            if name.value not in offered:
                yield Fact("property", name.value, "property_named")
