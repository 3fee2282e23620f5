"""Stage touring: which home, which time, the lead's yes, then a person's."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from agent.ai.understanding.models import Intent
from agent.listings.models import Listing
from agent.tours.models import SlotOffer, Tour, TourStatus
from agent.tours.slots import label
from graphs.leasing import qualifying
from graphs.leasing.answers import focus
from graphs.leasing.phrases import day
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn


async def move(turn: Turn) -> None:
    if turn.has(Intent.CANCEL_TOUR, Intent.CANCEL) and not turn.has(Intent.RESCHEDULE):
        await cancel(turn)
    elif (chosen := _chosen(turn)) is not None:
        await choose(turn, chosen)
    elif turn.has(Intent.RESCHEDULE) and (tour := await latest(turn)):
        await offer_times(turn, await _listing(turn, tour.listing_id))
    elif (home := await focus(turn)) is not None:
        await _about(turn, home)
    elif turn.state.get("shortlist") and not _searches(turn):
        _which(turn)
    else:
        await qualifying.move(turn)


def _which(turn: Turn) -> None:
    """Ask which home; where that was asked just now, with their names."""
    if "property" in turn.open_asks:
        names = [home["name"] for home in turn.state.get("shortlist", [])]
        homes = "\n".join(f"{number}. {name}" for number, name in enumerate(names, 1))
        turn.say("ask_which_again", homes=homes)
    else:
        turn.say("ask_which")
    turn.ask("property")


async def _about(turn: Turn, home: Listing) -> None:
    """Go on with the home in focus: offer times unless something already waits."""
    wants_time = turn.has(Intent.TOUR, Intent.RESCHEDULE) or _timed(turn)
    waiting = await _waiting(turn, home)
    if waiting is not None and not wants_time:
        await remind(turn, waiting)
    elif turn.state.get("slots") and not wants_time and not turn.heard["references"]:
        if turn.gives_contact:
            turn.say("contact_noted")
        turn.say("slots_again", times=_times(turn.state["slots"]))
        turn.ask("slot")
    else:
        await offer_times(turn, home)


async def offer_times(turn: Turn, home: Listing) -> None:
    """Three free times near the wished day, or the next ones."""
    wished = turn.profile.tour_date
    offer: SlotOffer = await turn.tools.use(
        "tour_slots",
        listing_id=home.listing_id,
        on=wished if wished and wished >= _today(turn) else None,
        around=turn.around,
    )
    turn.state["focus"] = home.listing_id
    turn.state["confirm"] = None
    if not offer.slots:
        turn.say("slots_none", home=home.title)
        turn.ask("human")
        return
    community = await turn.services.tenants.community_of(
        turn.tools.call.tenant_id, home.community_id
    )
    turn.show(offer.slots, home.listing_id, community.tz)
    times = _times(turn.state["slots"])
    if offer.missed and wished:
        turn.say("slots_other_day", home=home.title, day=day(wished), times=times)
        turn.profile = turn.profile.model_copy(update={"tour_date": None})
    else:
        turn.say("slots", home=home.title, times=times)
    turn.ask("slot")


async def choose(turn: Turn, slot: dict[str, str]) -> None:
    """A time is chosen: ask for the lead's yes, and for contact data where it is missing."""
    home = await _listing(turn, slot["listing_id"])
    turn.profile = turn.profile.model_copy(update={"tour_date": _day_of(slot)})
    tour = await latest(turn)
    moves = (
        tour is not None
        and tour.status is TourStatus.BOOKED
        and (tour.listing_id == home.listing_id or turn.has(Intent.RESCHEDULE))
    )
    if tour is not None and moves:
        args = {"tour_id": tour.tour_id, "slot_id": slot["slot_id"]}
        turn.ask_yes("reschedule_tour", args, "confirm_move", home=home.title, time=slot["label"])
    else:
        args = {"listing_id": home.listing_id, "slot_id": slot["slot_id"]}
        turn.ask_yes("propose_tour", args, "confirm_tour", home=home.title, time=slot["label"])


async def cancel(turn: Turn) -> None:
    tour = await latest(turn)
    if tour is None:
        turn.say("nothing_to_cancel")
        return
    home = await _listing(turn, tour.listing_id)
    community = await turn.services.tenants.community_of(
        turn.tools.call.tenant_id, tour.community_id
    )
    time = label(community, tour.starts_at)
    args = {"tour_id": tour.tour_id}
    turn.ask_yes("cancel_tour", args, "confirm_cancel", home=home.title, time=time)


async def remind(turn: Turn, tour: Tour) -> None:
    community = await turn.services.tenants.community_of(
        turn.tools.call.tenant_id, tour.community_id
    )
    time = label(community, tour.starts_at)
    if tour.status is TourStatus.PROPOSED:
        turn.say("still_pending", what=f"Your tour request for {time}")
    elif not turn.said:
        home = await _listing(turn, tour.listing_id)
        turn.say("tour_is", home=home.title, time=time, status="booked")


async def latest(turn: Turn) -> Tour | None:
    """The tour of this thread that is proposed or booked, the one arranged last."""
    return max(await _live(turn), key=lambda tour: tour.created_at, default=None)


async def arranged(turn: Turn, home: Listing, on: date) -> bool:
    """Whether a tour of `home` on that day is proposed or booked already."""
    return any(
        tour.listing_id == home.listing_id
        and tour.starts_at.astimezone(ZoneInfo(tour.zone)).date() == on
        for tour in await _live(turn)
    )


async def _live(turn: Turn) -> list[Tour]:
    call = turn.tools.call
    tours = await turn.services.tours.of_thread(call.tenant_id, call.thread_id)
    return [t for t in tours if t.status in (TourStatus.PROPOSED, TourStatus.BOOKED)]


async def _waiting(turn: Turn, home: Listing) -> Tour | None:
    tour = await latest(turn)
    return tour if tour and tour.listing_id == home.listing_id else None


async def _listing(turn: Turn, listing_id: str) -> Listing:
    return await turn.services.listings.seen(turn.tools.call.tenant_id, listing_id)


def _chosen(turn: Turn) -> dict[str, str] | None:
    """The one offered time the message picks; the first where it leaves several open."""
    picked = turn.heard["slot_ids"]
    for slot in turn.state.get("slots", []):
        if slot["slot_id"] in picked:
            return slot
    return None


def _day_of(slot: dict[str, str]) -> date:
    """In the community's zone."""
    return datetime.fromisoformat(slot["local"]).date()


def _times(slots: list[dict[str, str]]) -> str:
    return "\n".join(f"{i}. {slot['label']}" for i, slot in enumerate(slots, 1))


def _timed(turn: Turn) -> bool:
    return turn.changed("tour_date") or turn.heard["tour_time"] is not None


def _searches(turn: Turn) -> bool:
    return turn.changed("areas", "bedrooms", "budget")


def _today(turn: Turn) -> date:
    moment: datetime = turn.now
    return moment.astimezone(turn.community.tz).date()


STAGE = StageSpec(
    name="touring",
    goal="Agree on a home and a free time, get the lead's yes, then ask the team; done when the "
    "request is with the team.",
    tools=(
        "search_listings",
        "listing_details",
        "search_knowledge",
        "search_conversations",
        "tour_slots",
        "propose_tour",
        "reschedule_tour",
        "cancel_tour",
        "mark_favorite",
        "hand_off",
    ),
    prompt="leasing/replies",
    move=move,
)
