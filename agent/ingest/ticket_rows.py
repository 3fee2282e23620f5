"""One row of a file of tickets as a draft: what it must have, and what it may lose."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from agent.ingest.conversations.times import read_time
from agent.ingest.ticket_columns import REQUIRED, Layout, plain_name
from agent.kit.sheets.workbook import Cell, Flaw
from agent.kit.text import clean
from agent.tickets.models import TRANSCRIPT, TicketDraft

FLAWS = {Flaw.ERROR: "error_value", Flaw.FORMULA: "formula_without_value"}

_NOTHING = frozenset({"", "-", "--", "n/a", "na", "none", "null", "nan"})
_NAMING = frozenset({"conversation_id", "transcript", "ticket_id", "contact_name"})
"""Where a dash, or a word for nothing, is nothing."""
_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!"
    r"|GETTING_DATA|UNKNOWN!|BUSY!)"
)
_SHORT = 40
_WHOLE = re.compile(r"(\d+)\.0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_TIER = re.compile(r"(?:support )?(?:tier|level|lvl|t|l)? ?([1-3])(?: 0+| support)?")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_PRIORITIES = ("Low", "Medium", "High", "Critical")
_CUT = frozenset({"subject", "description"})
"""Texts of which the beginning is worth keeping; what else is too long is left out."""
_EPOCHS = {False: datetime(1899, 12, 30, tzinfo=UTC), True: datetime(1904, 1, 1, tzinfo=UTC)}
_YEARS = range(1970, 2100)
"""A moment outside of them is a slip."""


@dataclass(slots=True)
class ReadRow:
    """A draft, or the reason why there is none; warnings are (field, code)."""

    draft: TicketDraft | None = None
    refused: tuple[str, str] | None = None
    """Code and message."""
    warnings: list[tuple[str, str]] = field(default_factory=list)


class RowReader:
    """Reads the rows below one header."""

    def __init__(self, layout: Layout, *, from_1904: bool = False) -> None:
        self._places = layout.places
        self._epoch = _EPOCHS[from_1904]
        self._names = {known: clean(name) for name, known in layout.columns.items()}

    def read(self, cells: Sequence[Cell]) -> ReadRow | None:
        """None for a row that is blank."""
        given = self._given(cells)
        if not given:
            return None if all(map(_is_blank, cells)) else _refused("placeholder")
        row = ReadRow()
        found = self._values(given, row)
        if not found.keys() - {"ticket_id"}:
            return _refused("placeholder")
        for required in REQUIRED:
            if required not in found:
                return _missing(required, given.get(required))
        if self._repeats_header(found):
            return _refused("repeated_header")
        if len(found["conversation_id"]) > _longest("conversation_id"):
            return _refused("conversation_id_too_long")
        if len(found["transcript"]) > TRANSCRIPT:
            if len(str(given["transcript"])) > TRANSCRIPT:
                return _refused("transcript_too_long")
            # only its spelling has grown: one sign for three dots is three signs now
            found["transcript"] = found["transcript"][:TRANSCRIPT]
        row.draft = TicketDraft(**found)
        return row

    def _given(self, cells: Sequence[Cell]) -> dict[str, Cell]:
        width = len(cells)
        return {
            name: cells[place]
            for name, place in self._places.items()
            if place < width and not _is_blank(cells[place])
        }

    def _values(self, given: dict[str, Cell], row: ReadRow) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, cell in given.items():
            value, warning = self._value(name, cell)
            if warning:
                row.warnings.append((name, warning))
            if value is not None:
                found[name] = value
        return _with_whole_name(found)

    def _value(self, name: str, cell: Cell) -> tuple[Any, str | None]:
        """What the field gets, and what is wrong with the cell."""
        if isinstance(cell, str) and len(cell) < _SHORT and _ERROR.fullmatch(cell.strip()):
            cell = Flaw.ERROR
        if isinstance(cell, Flaw):
            return None, FLAWS[cell]
        if name == "created_at":
            moment = self._moment(cell)
            return moment, None if moment else "date_unparseable"
        written = as_text(cell)
        if not written or (name in _NAMING and written.casefold() in _NOTHING):
            return None, None
        if name == "tier":
            tier = _tier(written)
            return tier, None if tier else "tier_unreadable"
        if name in _READERS:
            written = _READERS[name](written)
        return _short_enough(name, written)

    def _moment(self, cell: Cell) -> datetime | None:
        moment = self._read_moment(cell)
        return moment if moment and moment.year in _YEARS else None

    def _read_moment(self, cell: Cell) -> datetime | None:
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell.astimezone(UTC)
        written = as_text(cell)
        if _SERIAL.fullmatch(written):
            days = timedelta(days=float(written.replace(",", ".")))
            return self._epoch + timedelta(milliseconds=round(days / timedelta(milliseconds=1)))
        return read_time(" ".join(written.split()))

    def _repeats_header(self, found: dict[str, Any]) -> bool:
        return all(found[name] == self._names[name] for name in REQUIRED)


def as_text(cell: Cell) -> str:
    """A cell as text: numbers without ".0", days without midnight."""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(cell, Flaw):
        return ""
    return str(int(cell)) if float(cell).is_integer() else str(cell)


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and (not cell or cell.isspace())


def _number(written: str) -> str:
    """An id or a phone number that a spreadsheet took for a number."""
    if whole := _WHOLE.fullmatch(written):
        return whole[1]
    if scientific := _SCIENTIFIC.fullmatch(written):
        decimals, exponent = scientific[2] or "", int(scientific[3])
        if len(decimals) <= exponent:
            return scientific[1] + decimals.ljust(exponent, "0")
    return written


@lru_cache(256)
def _tier(written: str) -> int | None:
    tier = _TIER.fullmatch(plain_name(written))
    return int(tier[1]) if tier else None


def _priority(written: str) -> str:
    known = written.capitalize()
    return known if known in _PRIORITIES else written


_READERS = {
    "conversation_id": _number,
    "ticket_id": _number,
    "contact_phone": _number,
    "priority": _priority,
}


def _with_whole_name(found: dict[str, Any]) -> dict[str, Any]:
    parts = [found.pop(f"contact_{part}_name", None) for part in ("first", "last")]
    if any(parts) and "contact_name" not in found:
        found["contact_name"] = " ".join(filter(None, parts))
    return found


@cache
def _longest(name: str) -> int:
    """Characters that a field may have."""
    known = TicketDraft.model_fields.get(name)
    limits = (getattr(rule, "max_length", None) for rule in (known.metadata if known else ()))
    return next(filter(None, limits), 100)


def _short_enough(name: str, written: str) -> tuple[str | None, str | None]:
    if len(written) <= _longest(name) or name in REQUIRED:
        return written, None
    if name in _CUT:
        return written[: _longest(name)].rstrip(), "text_cut"
    return None, "text_too_long"


_REASONS = {
    "placeholder": "Only the number of a ticket, or a total, is filled in.",
    "repeated_header": "The row repeats the header.",
    "missing_conversation_id": "The row has no conversation id.",
    "missing_transcript": "The row has no transcript.",
    "conversation_id_too_long": "The conversation id has more than 100 characters.",
    "transcript_too_long": f"The transcript has more than {TRANSCRIPT:,} characters; shorten it.",
}
_FLAWED = {
    Flaw.ERROR: "Its cell holds an error.",
    Flaw.FORMULA: "Its cell holds a formula without a value; open the file in Excel and save it.",
}


def _refused(code: str) -> ReadRow:
    return ReadRow(refused=(code, _REASONS[code]))


def _missing(required: str, cell: Cell | None) -> ReadRow:
    code = f"missing_{required}"
    why = f" {_FLAWED[cell]}" if isinstance(cell, Flaw) else ""
    return ReadRow(refused=(code, _REASONS[code] + why))
