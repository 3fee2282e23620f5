"""Three communities to try Latchkey with; nobody lives there."""

from pathlib import Path

from agent.demo.holidays import us_holidays
from agent.ingest.listings import ingest_listings
from agent.ingest.report import IngestReport
from agent.kit.clock import Clock
from agent.listings.service import ListingService
from agent.tenants.models import DEFAULT_TENANT, Community
from agent.tenants.service import TenantService

COMMUNITIES = ("alder_row", "cedar_mesa", "harbor_loft")
_DATA = Path(__file__).parent


async def load_demo(
    tenants: TenantService,
    listings: ListingService,
    clock: Clock,
    *,
    tenant_id: str = DEFAULT_TENANT,
) -> dict[str, IngestReport]:
    """Add the demo communities and their homes, or set them back to what they were.

    Returns community_id -> what became of its homes.
    """
    reports = {}
    for name in COMMUNITIES:
        community = demo_community(name, clock)
        await tenants.put_community(tenant_id, community)
        reports[community.community_id] = await ingest_listings(
            listings,
            tenants,
            _DATA / name / "listings.csv",
            tenant_id=tenant_id,
            community_id=community.community_id,
        )
    return reports


def demo_community(name: str, clock: Clock) -> Community:
    """One of COMMUNITIES, with the holidays of this year and the next."""
    text = (_DATA / name / "community.json").read_text(encoding="utf-8")
    community = Community.model_validate_json(text)
    year = clock.now().astimezone(community.tz).year
    return community.model_copy(update={"holidays": us_holidays(year) + us_holidays(year + 1)})
