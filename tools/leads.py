"""What a lead may have noted at once, without anybody's approval."""

from pydantic import BaseModel, ConfigDict, Field

from agent.events.models import Event
from tools import optout
from tools.call import Call
from tools.search import ListingArgs
from tools.text import FreeText


class HandOffArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: FreeText = Field(min_length=1, max_length=500)


class OptOutArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")


async def mark_favorite(call: Call, args: ListingArgs) -> None:
    await call.services.listings.get(call.tenant_id, args.listing_id)
    if args.listing_id not in call.favorites:
        call.favorites.append(args.listing_id)
        call.events.append(Event(type="listing.favorited", data={"listing_id": args.listing_id}))


async def hand_off(call: Call, args: HandOffArgs) -> None:
    call.handoff = args.reason
    call.events.append(Event(type="handoff.requested", data={"reason": call.handoff}))


async def opt_out(call: Call, args: OptOutArgs) -> None:
    """Note that the lead wants no messages, and take back those that have not left."""
    services = call.services

    async def write() -> None:
        thread = await services.threads.get(call.tenant_id, call.thread_id)
        await optout.opt_out(services, call.tenant_id, thread, source="chat")

    await services.repository.transact(write)
    call.events.append(optout.EVENT)
