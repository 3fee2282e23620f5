"""Finds contact data in a message and takes it out before anything else sees the text."""

import re
from dataclasses import dataclass

from agent.privacy.models import Contact
from agent.privacy.names import name_span
from agent.privacy.phones import without_phones

_EMAIL = re.compile(r"\b\w[\w.+%&'-]{0,63}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b", re.IGNORECASE)
_LONGEST_EMAIL = 254
_SSN = re.compile(
    r"(?<![\d-])\d{3}([- ])\d{2}\1\d{4}(?![\d-])"
    r"|(?i:(?<=ssn )|(?<=ssn: )|(?<=ssn is )|(?<=security number )|(?<=security number is ))"
    r"\d{9}\b"
)
_CARD = re.compile(
    r"(?<![\w+$])(?:[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}|3\d{3}([ -]?)\d{6}\2\d{5}|[2-6]\d{12,18})"
    r"(?![\d-])"
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without contact data, and what was taken out of it."""

    text: str
    contact: Contact


def redact(text: str, *, name_expected: bool = False) -> Redaction:
    """Replace e-mail, phone, SSN, card and introduced names by `[email]`, `[phone]`, ….

    With `name_expected` (the agent has just asked who they are) any name that answers counts.
    """
    emails: list[str] = []
    text = _EMAIL.sub(lambda match: _taken(emails, match.group()), text)
    text = _CARD.sub(lambda match: "[card]" if _luhn(match.group()) else match.group(), text)
    text = _SSN.sub("[ssn]", text)
    text, phones = without_phones(text, "[phone]")
    name = None
    if span := name_span(text, expected=name_expected):
        name = text[slice(*span)]
        text = text[: span[0]] + "[name]" + text[span[1] :]
    contact = Contact(
        name=name,
        email=emails[0] if emails else None,
        phone=phones[0] if phones else None,
    )
    return Redaction(text=text, contact=contact)


def _taken(emails: list[str], email: str) -> str:
    if len(email) <= _LONGEST_EMAIL:
        emails.append(email)
    return "[email]"


def _luhn(written: str) -> bool:
    digits = [int(digit) for digit in written if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
