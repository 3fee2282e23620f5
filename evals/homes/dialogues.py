"""Typed reading of a folder of dialogues: every slot name comes from its `slots.json`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from agent.errors import InvalidInput

DONT_CARE = "dontcare"


def comparable(value: object) -> str:
    """One spelling for equal values: "True" and True, "2" and 2.0, "2019-03-01" and its date."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, date):
        value = value.isoformat()
    return str(value).strip().lower()


@dataclass(frozen=True, slots=True)
class Act:
    act: str
    field: str
    values: tuple[str, ...]
    canonical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    kind: Literal["search", "visit"]
    parameters: Mapping[str, str]
    """Project field -> value as given."""
    result_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What the annotators say of a turn, in project fields."""

    acts: tuple[Act, ...]
    state: Mapping[str, tuple[str, ...]]
    call: Call | None
    stage: str

    def says(self, act: str) -> bool:
        return any(each.act == act for each in self.acts)


@dataclass(frozen=True, slots=True)
class Turn:
    index: int
    role: Literal["lead", "agent"]
    text: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Dialogue:
    thread_id: str
    today: date
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    listing_id: str
    values: Mapping[str, str]
    """Project field -> value as given; `areas` holds the one area."""


@dataclass(frozen=True, slots=True)
class Homes:
    """One data folder."""

    fields: Mapping[str, str]
    """Slot -> project field; slots mapped to null or missing are not measured."""
    dialogues: tuple[Dialogue, ...]
    listings: tuple[Listing, ...]
    visits: frozenset[str] = field(default_factory=frozenset)


def read_homes(folder: Path) -> Homes:
    """Reads `slots.json`, `listings.jsonl`, `dialogues.jsonl` and, if present, `schema.json`."""
    fields = {slot: name for slot, name in _json(folder / "slots.json").items() if name}
    visits = frozenset(_transactional(folder / "schema.json"))
    return Homes(
        fields=fields,
        dialogues=tuple(
            _dialogue(row, fields, visits) for row in _rows(folder / "dialogues.jsonl")
        ),
        listings=tuple(_listing(row, fields) for row in _rows(folder / "listings.jsonl")),
        visits=visits,
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(
            "data_missing", f"{path.name!r} is not in the data folder; name the folder that has it."
        ) from None
    except ValueError:
        raise InvalidInput(
            "data_unreadable", f"{path.name!r} is not JSON; write it again."
        ) from None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _row(path, number, line)
    except FileNotFoundError:
        raise InvalidInput(
            "data_missing", f"{path.name!r} is not in the data folder; name the folder that has it."
        ) from None


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise InvalidInput(
            "data_unreadable", f"Line {number} of {path.name!r} is not a JSON object; mend it."
        )
    return row


def _transactional(path: Path) -> Iterator[str]:
    if path.exists():
        for service in _json(path):
            for intent in service.get("intents", ()):
                if intent.get("is_transactional"):
                    yield intent["name"]


def _dialogue(row: dict[str, Any], fields: Mapping[str, str], visits: frozenset[str]) -> Dialogue:
    return Dialogue(
        thread_id=row["thread_id"],
        today=date.fromisoformat(row["reference_date"]),
        turns=tuple(
            Turn(
                index=turn["i"],
                role=turn["role"],
                text=turn["text"],
                label=_label(turn["home"], fields, visits) if turn.get("home") else None,
            )
            for turn in row["turns"]
        ),
    )


def _label(home: dict[str, Any], fields: Mapping[str, str], visits: frozenset[str]) -> Label:
    return Label(
        acts=tuple(
            Act(
                act["act"],
                fields.get(act.get("slot", ""), ""),
                tuple(act.get("values", ())),
                tuple(act.get("canonical", ())),
            )
            for act in home.get("acts", ())
            if act.get("slot", "") in fields or act["act"] != "INFORM"
        ),
        state={
            fields[slot]: tuple(values)
            for slot, values in home.get("state", {}).items()
            if slot in fields
        },
        call=_call(home, fields, visits) if home.get("call") else None,
        stage=home.get("stage", ""),
    )


def _call(home: dict[str, Any], fields: Mapping[str, str], visits: frozenset[str]) -> Call:
    call = home["call"]
    parameters = {
        fields[slot]: value for slot, value in call["parameters"].items() if slot in fields
    }
    visit = call["method"] in visits if visits else "tour_date" in parameters
    return Call(
        kind="visit" if visit else "search",
        parameters=parameters,
        result_ids=tuple(home.get("result_ids", ())),
    )


def _listing(row: dict[str, Any], fields: Mapping[str, str]) -> Listing:
    return Listing(
        listing_id=row["listing_id"],
        values={fields[slot]: str(value) for slot, value in row.items() if slot in fields},
    )
