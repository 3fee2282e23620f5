"""Looking at the inventory."""

from pydantic import BaseModel, ConfigDict, Field

from agent.listings.models import Listing, ListingQuery
from tools.call import Call


class ListingArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listing_id: str


class CompareArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listing_ids: list[str] = Field(min_length=2, max_length=4)


async def search_listings(call: Call, query: ListingQuery) -> list[Listing]:
    """Available homes that match; what is returned counts as offered."""
    found = await call.services.listings.search(call.tenant_id, query)
    _offer(call, found)
    return found


async def listing_details(call: Call, args: ListingArgs) -> Listing:
    listing = await call.services.listings.seen(call.tenant_id, args.listing_id)
    _offer(call, [listing])
    return listing


async def compare_listings(call: Call, args: CompareArgs) -> list[Listing]:
    found = await call.services.listings.seen_by_ids(call.tenant_id, args.listing_ids)
    _offer(call, found)
    return found


def _offer(call: Call, listings: list[Listing]) -> None:
    ids = [listing.listing_id for listing in listings]
    call.listings.update(ids)
    call.why.retrieved += [i for i in ids[:10] if i not in call.why.retrieved]
