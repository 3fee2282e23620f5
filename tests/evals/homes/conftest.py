import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.homes.dialogues import Homes, read_homes

SLOTS = {
    "where": "areas",
    "beds": "bedrooms",
    "has_garage": "parking",
    "laundry_in_unit": "in_unit_laundry",
    "price": "rent",
    "community": "property",
    "day": "tour_date",
    "street": "address",
    "intent": None,
}
LISTINGS = [
    {
        "listing_id": "A",
        "where": "Ashford",
        "community": "Juniper Flats",
        "street": "12 Mill Road",
        "beds": "2",
        "has_garage": "True",
        "laundry_in_unit": "False",
        "price": "1900",
    },
    {
        "listing_id": "B",
        "where": "Ashford",
        "community": "The Larkspur",
        "street": "480 Harbor Street",
        "beds": "2",
        "has_garage": "False",
        "laundry_in_unit": "True",
        "price": "2100",
    },
    {"listing_id": "C", "community": "Quay 12", "beds": "2", "has_garage": "True"},
]
SCHEMA = [
    {
        "intents": [
            {"name": "LookUp", "is_transactional": False},
            {"name": "Arrange", "is_transactional": True},
        ]
    }
]


def inform(slot: str, said: str, canonical: str | None = None) -> dict[str, Any]:
    return {"act": "INFORM", "slot": slot, "values": [said], "canonical": [canonical or said]}


def lead(text: str, state: dict[str, list[str]], *acts: dict[str, Any]) -> dict[str, Any]:
    home = {"acts": list(acts), "state": state, "stage": "qualifying"}
    return {"role": "lead", "text": text, "home": home}


def agent(text: str, *acts: dict[str, Any], **home: Any) -> dict[str, Any]:
    return {"role": "agent", "text": text, "home": {"acts": list(acts), **home}}


AFFIRM = {"act": "AFFIRM", "slot": "", "values": [], "canonical": []}
SEARCH = {"method": "LookUp", "parameters": {"where": "Ashford", "beds": "2", "has_garage": "True"}}
VISIT = {"method": "Arrange", "parameters": {"community": "Juniper Flats", "day": "2024-05-18"}}
WISH = {"where": ["Ashford"], "beds": ["2"], "has_garage": ["True"]}
CHOSEN = {**WISH, "community": ["juniper flats"]}
DATED = {**CHOSEN, "day": ["this Saturday", "May 18th"]}
TURNS = [
    lead("I want to rent a house", {"intent": ["rent"]}, inform("intent", "rent")),
    agent("In which city, and how many bedrooms?"),
    lead(
        "In ashford, two bedrooms with a garage please",
        WISH | {"intent": ["rent"]},
        inform("where", "ashford", "Ashford"),
        inform("beds", "two", "2"),
        inform("has_garage", "True"),
        inform("unmapped", "anything"),
    ),
    agent(
        "Juniper Flats at 12 Mill Road has 2 bedrooms, the price is $1,900 per month.",
        call=SEARCH,
        result_ids=["A"],
    ),
    lead("Does it have in-unit laundry?", WISH),
    agent("No, it does not."),
    lead("That's fine, I like it", CHOSEN),
    agent("Would you like to visit it?"),
    lead(
        "Yes, this Saturday",
        DATED | {"day": ["this Saturday"]},
        inform("day", "this Saturday", "2024-05-18"),
    ),
    agent(
        "Please confirm: a visit to Juniper Flats on May 18th.",
        {"act": "CONFIRM", "slot": "day", "values": ["May 18th"], "canonical": ["2024-05-18"]},
    ),
    lead("Yes, thank you", DATED, AFFIRM),
    agent("Your visit is booked.", call=VISIT, result_ids=["A"]),
]

Write = Callable[..., Homes]


@pytest.fixture
def homes(tmp_path: Path) -> Write:
    """Writes a data folder of one dialogue and reads it."""

    def write(
        turns: list[dict[str, Any]] = TURNS, schema: list[dict[str, Any]] | None = SCHEMA
    ) -> Homes:
        numbered = [{"i": i, **turn} for i, turn in enumerate(turns)]
        dialogue = {"thread_id": "t", "reference_date": "2024-05-15", "turns": numbered}
        (tmp_path / "slots.json").write_text(json.dumps(SLOTS))
        (tmp_path / "dialogues.jsonl").write_text(json.dumps(dialogue) + "\n\n")
        (tmp_path / "listings.jsonl").write_text("\n".join(map(json.dumps, LISTINGS)))
        if schema is not None:
            (tmp_path / "schema.json").write_text(json.dumps(schema))
        return read_homes(tmp_path)

    return write
