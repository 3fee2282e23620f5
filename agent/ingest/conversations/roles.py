"""Who says a line: from the words people use for the two sides, or from a prefix of the text."""

import re
from functools import lru_cache
from typing import Literal

from agent.kit.text import clean

Side = Literal["lead", "agent"]

_SIDES: dict[Side, str] = {
    "lead": """
        lead | leads | prospect | prospective resident | prospective tenant | prospective renter
        potential tenant | potential renter | potential resident | customer | client | renter
        applicant | inquirer | buyer | guest | visitor | caller | consumer | shopper | user | human
        resident | tenant | contact | inbound | incoming | received | lead prospect | me the lead
        """,
    "agent": """
        agent | leasing agent | leasing | leasing consultant | leasing specialist | leasing office
        leasing professional | leasing manager | leasing team | leasing associate | leasing rep
        leasing representative | assistant leasing manager | property manager | community manager
        manager | property | assistant | virtual assistant | ai assistant | ai agent | rep
        representative | sales rep | sales agent | sales | staff | staff member | office | operator
        advisor | realtor | broker | landlord | host | concierge | employee | support
        support agent | human agent | live agent | outbound | outgoing | sent | company | us | team
        """,
}
_MEANS: dict[str, Side] = {
    " ".join(word.split()): side
    for side, words in _SIDES.items()
    for word in re.split(r"[|\n]", words)
    if word.strip()
}
_SIGNS = re.compile(r"[^a-z]+")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PREFIX = re.compile(r"\s*[*_\[(]{0,2}([^\W\d_][^:\n]{0,38}?)[*_\])]{0,2}\s*:[*_]{0,2}\s*")


@lru_cache(4096)
def side_of(written: str) -> Side | None:
    """The side that a role cell names: any case, signs and numbers aside ("Agent 2", "LEAD ")."""
    folded = clean(written).casefold()
    if side := _MEANS.get(_plain(folded)):
        return side
    outside = _MEANS.get(_plain(_IN_BRACKETS.sub(" ", folded)))
    inside = [_MEANS.get(_plain(part)) for part in _IN_BRACKETS.findall(folded)]
    return outside or next(filter(None, inside), None)


def prefixed(text: str) -> tuple[Side, str] | None:
    """(side, the text without its prefix) of a clean text such as "Agent: hello"."""
    match = _PREFIX.match(text)
    side = side_of(match[1]) if match else None
    if match is None or side is None:
        return None
    return side, text[match.end() :]


def _plain(folded: str) -> str:
    return " ".join(_SIGNS.sub(" ", folded).split())
