"""A made-up export of leasing conversations, the same for the same seed, of any length."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

_AREAS = ("Katy", "Cypress", "Memorial", "Midtown", "Riverside", "Oak Park", "Fairview", "Eastlake")
_NAMES = ("Kim", "Alex", "Sam", "Jordan", "Taylor", "Morgan", "Casey", "Riley", "Jamie", "Avery")
_LAST = ("Lopez", "Nguyen", "Smith", "Okafor", "Schmidt", "Patel", "Rossi", "Kowalski")
_HOMES = ("Juniper Flats", "Cedar Court", "The Larkspur", "Harbor House", "Maple Terrace")
_STREETS = ("Maple Street", "Oak Avenue", "Elm Drive", "Birch Lane", "Hill Road")
_DAYS = ("tomorrow", "next Friday", "Saturday", "on the 12th", "March 14th", "Monday next week")
_OPENINGS = (
    "Hi, I'm looking for a {beds} bedroom apartment in {area}, ideally under ${rent} a month.",
    "Hello! Do you have anything with {beds} bedrooms in {area}? My budget is about ${rent}.",
    "I need to move {when} and I want {beds} bedrooms and {baths} baths somewhere in {area}.",
    "We saw your ad and would like to find out what is available in {area} for ${rent} or less.",
    "Good morning, is there a pet friendly place in {area} with {beds} bedrooms right now?",
)
_AGENT = (
    "Sure, I can help you with that. How many bedrooms do you need, and in which area would it be?",
    "{home} at {number} {street} has {beds} bedrooms and {baths} baths for ${rent} per month.",
    "Yes, pets are allowed there, but there is a small monthly fee for each of them, up to two.",
    "Would you like to schedule a visit to {home}? I have some openings in the morning this week.",
    "Please confirm the following: a visit to {home} {when}, and I will put you down for it.",
    "May I have your name and a number so that we can reach you in case something changes?",
    "Your visit is booked. Please bring an ID, and ask for the leasing office when you arrive.",
    "I am sorry, nothing else in {area} fits what you are looking for at the moment, I checked.",
    "The lease is for twelve months, and water and trash are part of the rent at {home}.",
)
_LEAD = (
    "That sounds good to me. Does it come furnished, and is there any parking on the property?",
    "Do you have something else, maybe with {baths} bathrooms? I would rather stay in {area}.",
    "Actually make that {beds} bedrooms, and could we stay under ${rent} please? Thanks a lot.",
    "Yes, please go ahead and book it for {when}, that works well for me and my partner too.",
    "What is the address of that one, and what would the deposit be if I were to move in {when}?",
    "No, that one is too far from where I work. Could you show me another one closer to {area}?",
    "I have a dog, so it has to be a place that takes pets. A washer in the unit would be great.",
    "Okay, thanks so much for all your help today, that is all I needed for now. Have a nice day!",
)
_CONTACT = (
    "My name is {name} {last} and you can call me at ({code}) 555-01{two} any time after five.",
    "You can write to me at {low}.{surname}{two}@example.com, I read my mail every evening.",
    "Sure, it's {name} {last}, {code}-555-01{two}, and we live at {number} {street} right now.",
)


def write_export(path: Path, rows: int, *, seed: int = 0) -> None:
    """A CSV file of `rows` messages; two empty rows between conversations of 6 to 20."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("role,text,timestamp\n")
        file.writelines(_lines(rows, random.Random(seed)))


def _lines(rows: int, chance: random.Random) -> Iterator[str]:
    moment = datetime(2025, 1, 6, 9, 0)  # noqa: DTZ001 - exports name no zone
    left = rows
    while left:
        length = min(left, chance.randint(6, 20))
        left -= length
        values = _values(chance)
        for turn in range(length):
            moment += timedelta(seconds=chance.randint(5, 90))
            side, text = _turn(turn, chance)
            if not chance.randrange(3):
                values = {**values, "home": chance.choice(_HOMES), "when": chance.choice(_DAYS)}
            yield f'{side},"{text.format_map(values)}",{moment}\n'
        yield ",,\n,,\n"


def _turn(turn: int, chance: random.Random) -> tuple[str, str]:
    if turn % 2:
        return "agent", chance.choice(_AGENT)
    if not turn:
        return "lead", chance.choice(_OPENINGS)
    return "lead", chance.choice(_CONTACT if chance.random() < 0.08 else _LEAD)


def _values(chance: random.Random) -> dict[str, object]:
    name, last = chance.choice(_NAMES), chance.choice(_LAST)
    return {
        "area": chance.choice(_AREAS),
        "beds": chance.randint(1, 4),
        "baths": chance.randint(1, 3),
        "rent": f"{chance.randrange(1_200, 4_000, 50):,}",
        "home": chance.choice(_HOMES),
        "street": chance.choice(_STREETS),
        "number": chance.randint(10, 9_999),
        "when": chance.choice(_DAYS),
        "name": name,
        "low": name.lower(),
        "last": last,
        "surname": last.lower(),
        "code": chance.choice((213, 303, 415, 503, 713, 916)),
        "two": f"{chance.randrange(100):02}",
    }
