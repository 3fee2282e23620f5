"""Finds personal data in a text and takes it out before anything else sees the text."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.privacy.address_keys import address_key
from agent.privacy.addresses import address_at
from agent.privacy.emails import emails, may_be_spelled
from agent.privacy.models import Contact
from agent.privacy.name_cues import may_hold_name
from agent.privacy.names import names
from agent.privacy.personal_numbers import card_at, ssn_at
from agent.privacy.phones import phone_at

Kind = Literal["email", "phone", "ssn", "card", "address", "name"]
CONTACT: frozenset[Kind] = frozenset(("email", "phone", "ssn", "card", "name"))
"""All but addresses, which staff may write to a lead."""
KINDS: frozenset[Kind] = CONTACT | {"address"}

_LONGEST_EMAIL = 254
_NOBODY = Contact()
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\d+")
_SEVEN = re.compile(r"\d(?:[ ().\-–—‑•·/_]{0,4}\d){6}")
"""As few digits as a phone number can have, with what may stand between them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Personal data at `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    value: str
    """An e-mail in lower case, a phone in E.164 if possible, else as it was written."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without personal data, and what was taken out of it."""

    text: str
    contact: Contact
    """Of whoever wrote the text; never an SSN, a card or an address."""
    spans: tuple[Span, ...] = ()
    """What was taken out; offsets in the text as given."""


def find(text: str, *, name_expected: bool = False) -> list[Span]:
    """Personal data in `text`, in order and not overlapping.

    With `name_expected` (the agent has just asked who they are) any name that answers counts.
    """
    return _find(text, KINDS, name_expected=name_expected)[0]


def redact(
    text: str,
    *,
    name_expected: bool = False,
    public: Container[str] = (),
    kinds: Container[Kind] = KINDS,
) -> Redaction:
    """Replace personal data by `[email]`, `[phone]`, `[address]`, ….

    `public` are the values that stay: phones in E.164, and the `address_key` of addresses.
    """
    found, own = _find(text, kinds, name_expected=name_expected)
    spans = tuple(span for span in found if span.kind in kinds and not _is_public(span, public))
    if not spans:
        return Redaction(text, _NOBODY)
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return Redaction("".join([*pieces, text[end:]]), _contact(spans, own), spans)


def _find(
    text: str, kinds: Container[Kind], *, name_expected: bool
) -> tuple[list[Span], str | None]:
    """The spans, and the name the writer goes by."""
    lower = text.lower()
    spans: list[Span] = []
    if "@" in text or may_be_spelled(lower):
        spans = _apart(Span("email", *found) for found in sorted(emails(text, lower)))
    if _DIGIT.search(text):
        spans = list(_with_numbers(text, spans, kinds))
    if not name_expected and not may_hold_name(text, lower):
        return spans, None
    taken = [(span.start, span.end, f"[{span.kind}]") for span in spans]
    found = names(text, lower, taken, expected=name_expected)
    spans += [Span("name", name.start, name.end, text[name.start : name.end]) for name in found]
    own = next((text[name.start : name.end] for name in found if name.own), None)
    return sorted(spans, key=lambda span: span.start), own


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Without those that overlap an earlier one."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _with_numbers(text: str, others: list[Span], kinds: Container[Kind]) -> Iterator[Span]:
    """What begins with digits, among `others`; every run of digits is looked at once."""
    waiting, taken = others[::-1], 0
    for run in _RUN.finditer(text):
        start = run.start()
        while waiting and waiting[-1].start <= start:
            taken = waiting[-1].end
            yield waiting.pop()
        if start < taken or text[start - 1 : start] == "$":
            continue
        span = _at(text, start, kinds)
        if span is None or span.start < taken:
            continue
        if waiting and waiting[-1].start < span.end:
            continue
        taken = span.end
        yield span
    yield from reversed(waiting)


def _at(text: str, start: int, kinds: Container[Kind]) -> Span | None:
    if _SEVEN.match(text, start):
        if found := card_at(text, start):
            return Span("card", *found)
        if found := ssn_at(text, start):
            return Span("ssn", *found)
        if found := phone_at(text, start):
            return Span("phone", *found)
    if "address" in kinds and (found := address_at(text, start)):
        return Span("address", *found)
    return None


def _is_public(span: Span, public: Container[str]) -> bool:
    value = address_key(span.value) if span.kind == "address" else span.value
    return value in public


def _contact(spans: Sequence[Span], own: str | None) -> Contact:
    def first(kind: Kind, longest: int) -> str | None:
        values = (span.value for span in spans if span.kind == kind)
        return next((value for value in values if len(value) <= longest), None)

    return Contact(name=own, email=first("email", _LONGEST_EMAIL), phone=first("phone", 40))
