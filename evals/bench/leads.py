"""What leads say in a bench, and the inventory they ask about; the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from agent.listings.models import ListingDraft
from agent.listings.service import ListingService
from agent.tenants.models import DEFAULT_TENANT, Community
from agent.tenants.service import TenantService

AREAS = (
    "Katy", "Cypress", "Memorial", "Midtown", "Riverside", "Oak Park", "Fairview", "Eastlake",
    "Portland", "Tempe", "Sellwood", "Alberta", "Nob Hill", "Hawthorne", "Laurelhurst", "Kenton",
    "Ballard", "Fremont", "Wallingford", "Greenwood", "Ravenna", "Magnolia", "Interbay", "Leschi",
)  # fmt: skip
_FIRST = ("Juniper", "Cedar", "Larkspur", "Harbor", "Maple", "Willow", "Aspen", "Linden", "Hazel")
_SECOND = ("Flats", "Court", "House", "Terrace", "Commons", "Place", "Gardens", "Square")
_STREETS = ("Maple Street", "Oak Avenue", "Elm Drive", "Birch Lane", "Hill Road")
_OPENINGS = (
    "Hi, I'm looking for a {beds} bedroom apartment in {area}, ideally under ${rent} a month.",
    "Hello! Do you have anything with {beds} bedrooms in {area}? My budget is about ${rent}.",
    "Good morning, is there a pet friendly place in {area} with {beds} bedrooms right now?",
    "I need to move by {month} and I want {beds} bedrooms somewhere in {area}.",
)
_LINES = (
    "Does the first one come furnished?",
    "Do you have something else?",
    "Actually make that {beds} bedrooms, and could we stay under ${rent} please?",
    "I have a dog, so it has to be a place that takes pets.",
    "Could you show me other homes, closer to {area}?",
    "A washer in the unit would be great.",
    "What is the deposit, and is water included in the rent?",
    "I would move in {month}.",
    "The second one sounds good. Is there any parking?",
    "How do the first two compare?",
    "When could I come and see the first one?",
    "Okay, thanks so much, let me think about it.",
    "No, that one is too far from where I work.",
    "I make it ${rent} at most.",
)
COMMUNITY = "bench-homes"
LISTINGS = 10_000
TURNS = 10


def conversations(seed: int) -> Iterator[list[str]]:
    """Ten lines each, without end."""
    chance = random.Random(seed)
    while True:
        lines = [chance.choice(_OPENINGS), *chance.sample(_LINES, TURNS - 1)]
        yield [line.format_map(_values(chance)) for line in lines]


def _values(chance: random.Random) -> dict[str, object]:
    return {
        "beds": chance.randint(1, 3),
        "area": chance.choice(AREAS),
        "rent": f"{chance.randrange(1_400, 3_600, 50):,}",
        "month": chance.choice(("May", "June", "July", "August")),
    }


async def add_inventory(
    tenants: TenantService, listings: ListingService, *, homes: int, seed: int = 0
) -> None:
    """A community with `homes` homes in some 70 properties over 24 areas."""
    await tenants.put_community(
        DEFAULT_TENANT, Community(community_id=COMMUNITY, name="Bench Homes")
    )
    chance = random.Random(seed)
    drafts = [_home(number, chance) for number in range(homes)]
    for start in range(0, homes, 1_000):
        await listings.upsert(DEFAULT_TENANT, COMMUNITY, drafts[start : start + 1_000])


def _home(number: int, chance: random.Random) -> ListingDraft:
    beds = chance.randint(0, 4)
    return ListingDraft(
        external_id=f"bench-{number}",
        name=f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}",
        unit=str(number),
        area=chance.choice(AREAS),
        address=f"{number} {chance.choice(_STREETS)}",
        rent=900 + 450 * beds + chance.randrange(0, 900, 5),
        bedrooms=beds,
        bathrooms=float(chance.randint(1, 2)),
        square_feet=400 + 250 * beds,
        pets=chance.random() < 0.7,
        furnished=chance.random() < 0.2,
        parking=chance.random() < 0.6,
        in_unit_laundry=chance.random() < 0.5,
        description="Bright rooms close to shops and transit, with large windows.",
        available=chance.random() < 0.8,
        available_from=date(2026, 1, 1) + timedelta(days=chance.randrange(200)),
    )
