"""Labelled texts of a data folder, as they are; nothing of them is kept."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.errors import InvalidInput
from agent.privacy.pii import Kind
from evals.pii.labelled import Gold, Labelled

MESSY = Path("leasing", "conversations_messy.expected.jsonl")
REDTEAM = Path("redteam", "pii_spans.jsonl")
_KINDS: dict[str, Kind] = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "US_SSN": "ssn",
    "CREDIT_CARD": "card",
    "ADDRESS": "address",
    "STREET_ADDRESS": "address",
    "PERSON": "name",
}


def messy(data: Path) -> Iterator[Labelled]:
    """Turns of a messy export; a property's own phone and address do not count."""
    for record in _records(data / MESSY):
        for turn in record["turns"] if record.get("kind") == "thread" else ():
            yield Labelled(
                turn["text"],
                tuple(
                    Gold(pii["type"], pii["start"], pii["end"], pii["normalized"])
                    for pii in turn.get("pii") or ()
                ),
                tuple((public["start"], public["end"]) for public in turn.get("business") or ()),
            )


def redteam(data: Path) -> Iterator[Labelled]:
    """Sentences of many countries; kinds we do not look for are left out."""
    for record in _records(data / REDTEAM):
        spans = [
            Gold(_KINDS[kind], start, end) for start, end, kind in record["spans"] if kind in _KINDS
        ]
        yield Labelled(record["text"], tuple(sorted(spans, key=lambda span: span.start)))


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except ValueError:
                    raise InvalidInput(
                        "data_not_json", f"Line {number} of {path.name} is not JSON."
                    ) from None
    except OSError as error:
        raise InvalidInput(
            "data_missing", f"{path.name} cannot be read ({error.strerror}); check --data."
        ) from None
