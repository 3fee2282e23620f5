"""What a model's reply must keep to before a lead reads it."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from agent.privacy.pii import find
from prompts import load

LONGEST = 1_200
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|us|app|dev|info|biz"
    r"|xyz|me|ly|gg|link|site|online)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"!\[|\]\(|<\s*/?\s*[a-z!][^>]*>|```", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:\$|usd|us\$)\s?(\d[\d,]*(?:\.\d+)?)|"
    r"(\d[\d,]*(?:\.\d+)?)\s?(?:dollars|usd|bucks|(?:/|a |per )month)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ID = re.compile(r"\b(?:lst|slot|tour|app|act|thr|lead|com)_[0-9a-z]{16,}\b")
_OVERLAP = 60
"""Characters of the prompt's own rules that a reply may not repeat in a row."""


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
    if _MARKUP.search(text):
        return "reply_markup"
    if any(found.group().rstrip(".,;!?)") not in grounds.links for found in _URL.finditer(text)):
        return "reply_link"
    spans = find(text)
    if any(s.kind in ("email", "phone") and s.value not in grounds.contacts for s in spans):
        return "reply_contact"
    if any(s.kind in ("ssn", "card") for s in spans):
        return "reply_personal"
    if any(_plain(a or b) not in grounds.numbers for a, b in _MONEY.findall(text)):
        return "reply_price"
    if _ID.search(text):
        return "reply_id"
    if _repeats(text, grounds.secrets):
        return "reply_prompt"
    return None


def mark() -> str:
    """A word of the prompt that nothing else contains."""
    return f"LK-{load('leasing/agent').digest}"


def _repeats(text: str, secrets: Collection[str]) -> bool:
    if mark() in text:
        return True
    said = " ".join(text.split()).casefold()
    for secret in secrets:
        line = " ".join(secret.split()).casefold()
        if any(line[i : i + _OVERLAP] in said for i in range(0, len(line) - _OVERLAP + 1, 20)):
            return True
    return False


def _plain(number: str) -> str:
    whole, _, cents = number.replace(",", "").partition(".")
    return whole.lstrip("0") + (f".{cents}" if cents.strip("0") else "")
