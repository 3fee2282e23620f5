"""Takes personal data out of a conversation, before anything else sees its texts."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from agent.ingest.conversations.models import Line, Part, Turn
from agent.privacy.address_keys import address_key
from agent.privacy.models import Contact
from agent.privacy.pii import Kind, Span, find, redact

Hash = Callable[[str, str], str | None]
"""(kind, value) -> its keyed hash."""
_HASHED: frozenset[Kind] = frozenset(("email", "phone", "name"))
_WHOSE: frozenset[Kind] = frozenset(("phone", "address"))
"""What offices and homes have as well as people."""
_ASKS_NAME = re.compile(
    r"\b(?:your (?:full |first |last |own )?name|who (?:am i|i'm|is this|do i have)|"
    r"(?:reach|contact) you|your (?:phone|e-?mail|number|contact))\b"
)
_OF_THE_LEAD = re.compile(
    r"\b(?:your (?:\w+ ){0,3}?(?:number|phone|cell|mobile|address|place|home)|"
    r"(?:reach|call|text|contact|have|had|got) you)(?:\W+\w+){0,3}?\W*$",
    re.IGNORECASE,
)
_REACH = 60


@dataclass(slots=True)
class Redacted:
    """A part without personal data, and the data itself on its way to the vault."""

    part: Part
    lines: list[Line]
    contact: Contact


class Redactor:
    """`public` are the phones (E.164) and address keys of the inventory, `homes` its names."""

    def __init__(
        self, hash_of: Hash, public: Container[str] = (), homes: Iterable[str] = ()
    ) -> None:
        self._hash_of = hash_of
        self._public = public
        self._homes = frozenset(name.casefold() for name in homes)
        self.counts: Counter[str] = Counter()

    def part(self, part: Part) -> Redacted:
        """A phone or an address belongs to whoever names it first; the property's own stay."""
        known = _Values(self._public)
        contact = Contact()
        asked = False
        lines = []
        for turn in part.turns:
            if turn.side == "lead":
                said = redact(turn.text, name_expected=asked, public=known)
                text, spans = said.text, said.spans
                if spans:
                    contact = said.contact.over(contact)
                    known.of_lead.update(map(_key, spans))
            else:
                text, spans = self._of_agent(turn.text, known)
                asked = _asks_name(turn.text.lower())
            lines.append(self._line(turn, text, spans))
        return Redacted(part, lines, contact)

    def _of_agent(self, text: str, known: "_Values") -> tuple[str, tuple[Span, ...]]:
        found = find(text)
        if not found:
            return text, ()
        taken = tuple(span for span in found if not self._is_public(text, span, known))
        return _without(text, taken), taken

    def _is_public(self, text: str, span: Span, known: "_Values") -> bool:
        key = _key(span)
        if key in known.of_lead:
            return False
        if key in known:
            return True
        if span.kind not in _WHOSE:
            return span.kind == "name" and span.value.casefold() in self._homes
        if _OF_THE_LEAD.search(text[max(0, span.start - _REACH) : span.start]):
            known.of_lead.add(key)
            return False
        known.of_house.add(key)
        return True

    def _line(self, turn: Turn, text: str, spans: tuple[Span, ...]) -> Line:
        role, written, timestamp = turn.written
        if spans:
            written = text
            self.counts.update(span.kind for span in spans)
        return Line(
            line=turn.line,
            side=turn.side,
            text=text,
            timestamp=turn.timestamp,
            message_id=turn.message_id,
            written=(role, written, timestamp),
            thread=redact(turn.thread).text if turn.thread else "",
            hashes=self._hashes(spans) if spans else {},
        )

    def _hashes(self, spans: Iterable[Span]) -> dict[str, str | list[str]]:
        """Kind -> the hash of its value, or those of several."""
        found: dict[str, list[str]] = {}
        for span in spans:
            if span.kind in _HASHED and (hashed := self._hash_of(span.kind, span.value)):
                values = found.setdefault(span.kind, [])
                if hashed not in values:
                    values.append(hashed)
        return {kind: values if len(values) > 1 else values[0] for kind, values in found.items()}


class _Values(Container[str]):
    """What may stay in a lead's line: the inventory's own, and what the agent named first."""

    def __init__(self, public: Container[str]) -> None:
        self._public = public
        self.of_house: set[str] = set()
        self.of_lead: set[str] = set()

    def __contains__(self, value: object) -> bool:
        return value in self._public or value in self.of_house


def _asks_name(low: str) -> bool:
    if "your " in low or "who " in low or " you" in low:
        return _ASKS_NAME.search(low) is not None
    return False


def _key(span: Span) -> str:
    return address_key(span.value) if span.kind == "address" else span.value


def _without(text: str, spans: tuple[Span, ...]) -> str:
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*pieces, text[end:]])
