"""A home the lead names: its community, its address, its phone number, its rent."""

from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context
from .areas import index_of, properties_of


def read(message: Message, context: Context) -> Iterator[Fact]:
    """Names outside the shortlist; those in it are references."""
    offered = {home.name.lower() for home in context.shortlist}
    areas = index_of(context.gazetteer)
    for clause in message.homes:
        places = {(place.start, place.end) for place in areas.find(clause.low)}
        for name in properties_of(context.gazetteer).find(clause.low):
            if name.value.lower() not in offered and (name.start, name.end) not in places:
                yield Fact("property", name.value, "property_named")
