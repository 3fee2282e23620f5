"""A house with three homes, for tests that need no more than that."""

from agent.listings.models import ListingDraft
from agent.services import Services

HOUSE = "alder-row"


async def add_homes(services: Services, tenant_id: str = "default") -> None:
    """Into Alder Row, whose community must be there."""
    drafts = [
        ListingDraft(
            listing_id=f"lst_{unit}",
            name="Alder Row",
            unit=str(unit),
            area="Portland",
            rent=rent,
            bedrooms=2,
            bathrooms=1,
        )
        for unit, rent in ((118, 1950), (221, 2025), (318, 2075))
    ]
    await services.listings.upsert(tenant_id, HOUSE, drafts)
