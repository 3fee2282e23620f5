"""A community the lead names that was not offered yet; an offered one is a reference."""

from collections.abc import Iterator

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context

from .areas import areas_of, properties_of


def read(message: Message, context: Context) -> Iterator[Fact]:
    offered = {home.name.lower() for home in context.shortlist}
    for clause in message.homes:
        places = {
            (place.start, place.end) for place in areas_of(context.gazetteer).find(clause.low)
        }
        for name in properties_of(context.gazetteer).find(clause.low):
            if name.value.lower() not in offered and (name.start, name.end) not in places:
                yield Fact("property", name.value, "property_named")
