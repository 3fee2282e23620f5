"""What a model's reply must keep to before a lead reads it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.leaks import leaked
from agent.privacy.pii import find
from prompts import load
from tools.outgoing import personal

LONGEST = 1_200
_MONEY = re.compile(
    r"(?:\$|usd|us\$)\s?(\d[\d,]*(?:\.\d+)?)|"
    r"(\d[\d,]*(?:\.\d+)?)\s?(?:dollars|usd|bucks|(?:/|a |per )month)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a reply may rest on."""

    numbers: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    """E-mail addresses and phone numbers of the office and its homes, normalised."""
    links: str = ""
    """The property's own web addresses."""
    secrets: tuple[str, ...] = ()
    """Lines of the prompt that are nobody's to read."""

    @property
    def allowed(self) -> Allowed:
        return Allowed(
            contacts=self.contacts, links=self.links, marks=(mark(),), secrets=self.secrets
        )


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(_plain(found) for text in texts for found in _NUMBER.findall(text))


def contacts_in(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(
        span.value for text in texts for span in find(text) if span.kind in ("email", "phone")
    )


def objection(text: str, grounds: Grounds) -> str | None:
    """Why `text` must not be said, as a rule's name; None when it may."""
    if len(text) > LONGEST:
        return "reply_too_long"
    if leak := leaked(text, grounds.allowed, personal):
        return f"reply_{leak}"
    if any(_plain(a or b) not in grounds.numbers for a, b in _MONEY.findall(text)):
        return "reply_price"
    return None


def mark() -> str:
    """A word of the prompt that nothing else contains."""
    return f"LK-{load('leasing/agent').digest}"


def _plain(number: str) -> str:
    whole, _, cents = number.replace(",", "").partition(".")
    return whole.lstrip("0") + (f".{cents}" if cents.strip("0") else "")
