"""Finds contact data in a message and takes it out before anything else sees the text."""

import re
from dataclasses import dataclass

from agent.privacy.models import Contact

_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.$#-])\+?\(?\d[\d ().\-]{6,18}\d(?![\w-])")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SSN = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
_NAME_WORD = r"[A-Z][\w'’-]{1,30}"
_NAME = rf"({_NAME_WORD}(?:\s+(?:[A-Z]\.\s+)?{_NAME_WORD}){{0,2}})"
_INTRODUCED = re.compile(
    rf"(?i:\b(?:my name is|my name's|name is|name's|name:|i am called|call me))\s+{_NAME}"
)
_LEADING = re.compile(
    rf"^\W*(?i:(?:sure|ok|okay|yes|yeah|hi|hello|it's|its|i'm|i am|this is)[,!.]?\s+){{0,3}}{_NAME}\s*(?:[,;:/-]|and|\n|$)"
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without contact data, and what was taken out of it."""

    text: str
    contact: Contact


def redact(text: str, *, name_expected: bool = False) -> Redaction:
    """Replace e-mail, phone, SSN, card and introduced names by `[email]`, `[phone]`, ….

    With `name_expected` (the agent has just asked who they are) a leading name counts too.
    """
    found: dict[str, str] = {}
    text = _EMAIL.sub(lambda m: _take(found, "email", m.group().lower()), text)
    text = _SSN.sub("[ssn]", text)
    text = _DIGITS.sub(lambda m: _number(found, m.group()), text)
    text = _without_name(found, text, name_expected)
    return Redaction(text=text, contact=Contact(**found))


def _take(found: dict[str, str], kind: str, value: str) -> str:
    found.setdefault(kind, value)
    return f"[{kind}]"


def _number(found: dict[str, str], written: str) -> str:
    digits = re.sub(r"\D", "", written)
    if 13 <= len(digits) <= 19 and _luhn(digits):
        return "[card]"
    number = e164(written)
    return _take(found, "phone", number) if number else written


def _without_name(found: dict[str, str], text: str, name_expected: bool) -> str:
    match = _INTRODUCED.search(text)
    if match is None and name_expected and found:
        match = _LEADING.search(text)
    if match is None:
        return text
    found["name"] = match.group(1)
    return text[: match.start(1)] + "[name]" + text[match.end(1) :]


def e164(written: str) -> str | None:
    """`+15035550142` for a possible phone number, US when no country is given; else None."""
    if not 10 <= len(re.sub(r"\D", "", written)) <= 15 or _ISO_DATE.search(written):
        return None
    import phonenumbers  # late: it costs 60 ms

    try:
        number = phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0
