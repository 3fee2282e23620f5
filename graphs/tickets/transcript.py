"""Who says what in a support transcript, and what the agent in it advises."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.ai.understanding.patterns import listed
from graphs.tickets.steps import orders

_LINE = re.compile(r"^(?P<who>[^\s:][^:\n]{0,60}):\s+(?P<said>\S.*)$", re.MULTILINE)
_AGENTS = listed(
    "agent support rep representative advisor analyst technician specialist engineer assistant bot "
    "csr operator staff helpdesk"
)
_CUSTOMERS = listed(
    "caller customer client user requester resident tenant renter lead contact guest [name] name "
    "visitor member"
)
_COMPANY = re.compile(r"\([^)]+\)\s*$")
_WORDS = re.compile(r"\[?\w+\]?")


@dataclass(frozen=True, slots=True)
class Line:
    who: str
    said: str


def lines(transcript: str) -> list[Line]:
    return [Line(found["who"].strip(), found["said"]) for found in _LINE.finditer(transcript)]


def advice(transcript: str) -> list[str]:
    """What the agent tells the customer to do, in order; of a text without speakers, all of it."""
    said = lines(transcript)
    if not said:
        return orders(transcript)
    agents = _agents(said)
    return list(
        dict.fromkeys(step for line in said if line.who in agents for step in orders(line.said))
    )


def _agents(said: Sequence[Line]) -> set[str]:
    """The speakers of the support's side: named so, of a company, or those who are left."""
    names = list(dict.fromkeys(line.who for line in said))
    agents = {name for name in names if _is(name, _AGENTS)}
    agents |= {name for name in names if _COMPANY.search(name) and not _is(name, _CUSTOMERS)}
    if agents:
        return agents
    left = [name for name in names if not _is(name, _CUSTOMERS)]
    if len(left) <= 1:
        return {*left}
    told = Counter(line.who for line in said if line.who in left and orders(line.said))
    return {told.most_common(1)[0][0]} if told else set()


def _is(name: str, words: frozenset[str]) -> bool:
    return any(word.lower() in words for word in _WORDS.findall(name))
