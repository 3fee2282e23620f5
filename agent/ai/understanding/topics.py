"""What a message asks about."""

import re
from collections.abc import Iterator
from functools import lru_cache

from .entities.features import asked_features
from .message import Clause, Message
from .models import Topic
from .patterns import VISIT, words

_AMENITY = r"pool|gym|fitness|dishwasher|air conditioning|a/c|balcon(?:y|ies)|patio|rooftop|storage"
_TABLE: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    (
        "phone",
        words(
            r"(?:tele)?phone|contact(?! me)|call (?:them|you)|reach (?:them|you|out)",
            r"(?:the|their|its|a|your) number(?! of)|number(?= (?:please|to call))|what number",
        ),
    ),
    (
        "address",
        words(
            r"address|where(?:'s| is| are) (?:it|this|that|they|the)|located|location|directions",
            r"what street|how do i get (?:there|to)",
        ),
    ),
    ("deposit", words(r"deposits?")),
    (
        "fees",
        words(r"fees?|charges?|move[- ]?in (?:costs?|total|money)|up-?front|application costs?"),
    ),
    (
        "rent",
        words(
            r"rent(?! (?:an?|me|to|it|out|this|that))|how much(?! (?:is|are) (?:the |"
            r"an? )?(?:\w+ )?(?:deposit|fee|parking|garage|laundry|application|utilit\w+))|"
            r"price[ds]?|pricing|costs?|expensive|monthly",
        ),
    ),
    ("availability", words(r"available|availability|vacan\w+|still open|wait ?list")),
    (
        "criteria",
        words(
            r"criteria|requirements?|qualifications?|income|credit (?:check|score|requirement)s?",
            r"screening|co-?signers?|guarantors?",
        ),
    ),
    (
        "documents",
        words(
            r"documents?|paperwork|papers|pay ?stubs?|proof of (?:income|employment)",
            r"what (?:do i|should i|to) (?:need to )?(?:bring|send|provide)",
        ),
    ),
    (
        "lease_months",
        words(
            r"lease (?:terms?|lengths?|options?|duration|agreement)|how long (?:is|"
            r"are) the leases?",
            r"(?:short|long)[- ]term|month[- ]to[- ]month|minimum lease|\d+[- ]month leases?",
        ),
    ),
    (
        "hours",
        words(
            r"(?:office |opening |business )?hours|when (?:are|do) you (?:open|close)",
            r"open (?:on|until|till|today|tomorrow|now|at|late)|what time (?:do|are) you",
        ),
    ),
    ("specials", words(r"specials?|discounts?|deals?|promo(?:tion)?s?|concessions?|free month")),
    (
        "utilities",
        words(r"utilit(?:y|ies)|water|electric\w*|gas|internet|wi-?fi|trash|heat(?:ing)?|cable"),
    ),
    ("smoking", words(r"smok\w+|vap(?:e|ing)")),
    ("elevator", words(r"elevators?|lifts?|ramps?|stairs|ground[- ]floor")),
    (
        "amenities",
        words(r"amenit(?:y|ies)|features", _AMENITY),
    ),
    (
        "policy",
        words(
            r"polic(?:y|ies)|rules?|sublet\w*|subleas\w*|guests?|restrictions?|insurance",
            r"break (?:the|my|a) lease",
        ),
    ),
    ("bedrooms", words(r"(?:how many|number of) (?:bed ?)?rooms|does it have .{0,8}bed ?rooms?")),
    ("bathrooms", words(r"(?:how many|number of) bath\w*|does it have .{0,8}bath\w*")),
    ("areas", words(r"(?:what|which) (?:area|city|neighbou?rhood|part of)")),
    ("move_date", words(r"move[- ]in date|when (?:can|could) (?:i|we) move")),
    (
        "tour_time",
        words(
            rf"(?:what|which) (?:times?|days?|dates?|slots?)|time slots?|openings? for {VISIT}",
            r"when (?:can|could|may) (?:i|we) (?:see|visit|tour|come|view)",
        ),
    ),
    (
        "own_tour",
        words(
            rf"(?:when|what time|what day)(?:'s| is| was| are) (?:my|our|the) {VISIT}|{VISIT} time",
            rf"(?:do|did|have) (?:i|we) (?:still )?(?:have|got|booked?) (?:an? |any |my )?{VISIT}",
            rf"(?:is|was) (?:my|our) {VISIT} (?:still |already )?(?:on|booked|confirmed)",
        ),
    ),
    (
        "size",
        words(
            r"how (?:big|large|spacious)|square (?:feet|foot(?:age)?|meters?)|sq\.? ?(?:ft|feet)|"
            r"sqft",
        ),
    ),
    (
        "photos",
        words(
            r"photos?|pictures?|images?|videos?|virtual tours?|floor ?plans?|walk-?through video"
        ),
    ),
    ("name", words(r"name of|what(?:'s| is) it called|(?:its|the \w+'s) name")),
)
_TOLD = frozenset(
    {"phone", "address", "name", "fees", "criteria", "documents", "hours", "deposit", "photos"}
)
"""Topics that are also asked for without a question ("Number please")."""
_NAMED = words(_AMENITY)
_ALSO = {"a/c": "air conditioning", "balconies": "balcony"}
_TELL = words(
    r"(?:tell|give|get|send|show|text) (?:me|us)|let me know|please",
    r"i(?:'d| would) (?:also )?like|i (?:need|want)",
)


def named_amenities(text: str) -> list[str]:
    """Those a text asks for by name, as a list of features would have them."""
    said = dict.fromkeys(match.group().lower() for match in _NAMED.finditer(text))
    return [_ALSO.get(name, name) for name in said]


def read_topics(message: Message) -> Iterator[tuple[Topic, str]]:
    yield from asked_features(message)
    for clause in message.homes:
        if not _may_ask(clause):
            continue
        yield from _of_clause(clause.low, asks=clause.asks)


@lru_cache(4_096)
def _of_clause(low: str, *, asks: bool) -> tuple[tuple[Topic, str], ...]:
    return tuple(
        (topic, f"asks_{topic}")
        for topic, pattern in _TABLE
        if (asks or topic in _TOLD) and pattern.search(low)
    )


def _may_ask(clause: Clause) -> bool:
    return clause.asks or clause.low.endswith("?") or bool(_TELL.search(clause.low))
