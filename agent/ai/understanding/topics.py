"""What a message asks about."""

import re
from collections.abc import Iterator

from .entities.features import asked_features
from .message import Message
from .models import Topic

_TABLE: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    ("phone", re.compile(r"\b(?:phone|telephone|contact|call (?:them|you)|reach (?:them|you))\b|\b(?:the|their|its) number\b|\bnumber\b(?! of)")),
    ("address", re.compile(r"\b(?:address|where (?:is|are|'s)|located|location|directions|what street|how do i get)\b|where's (?:it|that|this)")),
    ("deposit", re.compile(r"\b(?:deposits?)\b")),
    ("fees", re.compile(r"\b(?:fees?|charges?|move-in costs?|upfront|application cost)\b")),
    ("rent", re.compile(r"\b(?:rent\b(?! (?:an?|me|to))|how much|price[ds]?|pricing|cost|costs|expensive|monthly)\b")),
    ("availability", re.compile(r"\b(?:available|availability|vacan\w+|still open|waitlist|when can i move)\b")),
    ("criteria", re.compile(r"\b(?:criteria|requirements?|qualifications?|income|credit (?:check|score|requirement)|screening|co-?signers?|guarantors?)\b")),
    ("documents", re.compile(r"\b(?:documents?|paperwork|papers|pay ?stubs?|what (?:do i|should i|to) (?:need to )?(?:bring|send)|proof of)\b")),
    ("lease_months", re.compile(r"\b(?:lease (?:terms?|lengths?|options?|duration|agreement)|how long (?:is|are) the lease|short[- ]term|month[- ]to[- ]month|minimum lease)\b")),
    ("hours", re.compile(r"\b(?:hours|open (?:on|until|till|today|tomorrow|now)|when (?:are you|do you) (?:open|close)|what time (?:do|are) you)\b")),
    ("specials", re.compile(r"\b(?:specials?|discounts?|deals?|promotions?|promos?|concessions?|free month|offers)\b")),
    ("utilities", re.compile(r"\b(?:utilit(?:y|ies)|water|electric\w*|gas|internet|wi-?fi|trash|heat(?:ing)?|cable)\b")),
    ("smoking", re.compile(r"\b(?:smok\w+|vap(?:e|ing))\b")),
    ("elevator", re.compile(r"\b(?:elevators?|lifts?|ramps?|stairs|ground[- ]floor)\b")),
    ("amenities", re.compile(r"\b(?:amenit(?:y|ies)|pool|gym|fitness|dishwasher|air conditioning|a/c|balcon(?:y|ies)|patio|rooftop|storage|features)\b")),
    ("policy", re.compile(r"\b(?:polic(?:y|ies)|rules?|sublet\w*|guests?|subleas\w*|break (?:the|my|a) lease|restrictions?|insurance)\b")),
    ("bedrooms", re.compile(r"\b(?:how many (?:bed ?)?rooms|number of (?:bed ?)?rooms|(?:is|are) (?:it|they|that|there) .{0,12}\bbed ?rooms?)\b")),
    ("bathrooms", re.compile(r"\b(?:how many bath\w*|number of bath\w*)\b")),
    ("areas", re.compile(r"\b(?:what|which) (?:area|city|neighbo(?:u)?rhood|part of)\b")),
    ("move_date", re.compile(r"\b(?:move[- ]in date|when can (?:i|we) move)\b")),
    ("tour_time", re.compile(r"\b(?:what times?|when can (?:i|we) (?:see|visit|tour|come)|which (?:days|times)|time slots?|what (?:days|dates))\b")),
    ("name", re.compile(r"\b(?:name of|what's it called|what is it called|its name|(?:apartment|property)'s name)\b")),
)  # fmt: skip
_ASKS = re.compile(
    r"\?|\b(?:what|what's|where|how|when|which|who|tell me|give me|get me|send me|i'd like|i need|may i (?:have|know)|can i (?:get|have|know)|could i (?:get|have)|"
    r"let me know|know|do you have|please|check|need to know|do they|is there|are there|does it|is it|are they)\b"
)


def read_topics(message: Message) -> Iterator[tuple[Topic, str]]:
    for topic, rule in asked_features(message):
        yield topic, rule  # type: ignore[misc]  # the feature names are topics
    for clause in message.homes:
        low = clause.low
        if not (clause.asks or low.endswith("?") or _ASKS.search(low)):
            continue
        for topic, pattern in _TABLE:
            if pattern.search(low) and (clause.asks or low.endswith("?") or topic in _DEMANDED):
                yield topic, f"asks_{topic}"


_DEMANDED = frozenset({"phone", "address", "documents", "name", "fees", "criteria", "rent"})
