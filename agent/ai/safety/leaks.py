"""Links, contacts, ids and words of a prompt that must not leave in a text."""

import re
from collections.abc import Callable, Iterable
from typing import Literal

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.folding import visible

Leak = Literal["link", "contact", "personal", "markup", "id", "prompt"]
Personal = Callable[[str], Iterable[tuple[str, str]]]
"""Finds (kind, value) of personal data in a text; kinds as in `agent.privacy`."""

_ENDINGS = (
    "com|net|org|edu|gov|info|biz|io|co|us|app|dev|xyz|me|ly|gg|gl|link|site|online|top|shop|club|"
    "live|page|site|website|space|store|tech|ru|cn|tk|to|uk|de|ai|eu|onion|zip|click|work|example"
)
_LINK = re.compile(
    rf"(?:[a-z][a-z0-9+.-]{{1,20}}:(?://|\\\\)|//|www\.)[^\s<>\"')\]]+|"
    rf"(?:data|javascript|mailto|tel|sms):[^\s]+|"
    rf"\b(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_ENDINGS})\b(?:[/:?#][^\s<>\"')\]]*)?|"
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?:[/:]\S*)?",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\b[a-z0-9-]{2,63}\s?(?:\[\.\]|\(\.\)|\{\.\}|[\[({ ]\s?dot\s?[\])} ]| \. ?)\s?"
    r"(?:com|net|org|info|biz|io|co|app|dev|xyz|link|site|online|ru|onion)\b|\bhxxps?",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"[.:][^\s]|//|www")
"""What every link holds."""
_SPELLS = re.compile(r"dot|[\[({ ]\.|hxx", re.IGNORECASE)
_MARKUP = re.compile(r"!\[|\]\(|\]\[|<\s*/?\s*[a-z!][^>]*>|```|&#\w+;|%3[cC]", re.IGNORECASE)
_ID = re.compile(r"\b[a-z]{2,6}_[0-9a-z]{16,}\b")
_OVERLAP = 60
"""Characters of a secret that may not be repeated in a row."""
_STEP = 20
_HOST = re.compile(r"(?:https?:)?(?://)?(?:www\.)?([a-z0-9.-]+)(?:[:/?#]|$)", re.IGNORECASE)
_TRAIL = ".,;:!?)\"'"


def leaked(text: str, allowed: Allowed, personal: Personal) -> Leak | None:
    """What `text` gives away, if anything."""
    text = visible(text)
    if _MARKUP.search(text):
        return "markup"
    if _foreign_link(text, allowed.links):
        return "link"
    for kind, value in personal(text):
        if kind in ("ssn", "card"):
            return "personal"
        if kind in ("email", "phone") and value not in allowed.contacts:
            return "contact"
    if _ID.search(text):
        return "id"
    return "prompt" if _repeats(text, allowed) else None


def _foreign_link(text: str, links: str) -> bool:
    if _SPELLS.search(text) and _SPELLED.search(text):
        return True
    if not _DOTTED.search(text):
        return False
    found = {_host(link[0]) for link in _LINK.finditer(text) if not _is_email(text, link)}
    return bool(found) and not found <= {_host(link[0]) for link in _LINK.finditer(links)}


def _is_email(text: str, link: re.Match[str]) -> bool:
    """Whether it is the end of an e-mail address, which is judged as such."""
    return text[link.start() - 1 : link.start()] == "@" or "@" in link[0].split("/")[0]


def _host(link: str) -> str:
    """Without protocol, path and a sentence's end; of any other protocol than the web's all."""
    found = _HOST.match(link.rstrip(_TRAIL))
    return found[1].lower() if found else link


def _repeats(text: str, allowed: Allowed) -> bool:
    low = text.casefold()
    if any(mark.casefold() in low for mark in allowed.marks):
        return True
    said = " ".join(low.split())
    if len(said) < _OVERLAP:
        return False
    lines = (" ".join(secret.split()).casefold() for secret in allowed.secrets)
    return any(
        line[at : at + _OVERLAP] in said
        for line in lines
        for at in range(0, len(line) - _OVERLAP + 1, _STEP)
    )
