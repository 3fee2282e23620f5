"""What a model's tool call does to the turn, and what the model gets to hear of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from pydantic import BaseModel

from agent.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    LatchkeyError,
    NotFound,
    Unavailable,
)
from agent.listings.models import Listing, ListingQuery
from agent.tenants.hours import hours_text
from agent.tours.models import SlotOffer
from graphs.leasing import applying, touring
from graphs.leasing.listing import SHOWN, fresh_of
from graphs.leasing.model.tools import external
from graphs.leasing.phrases import field_names, reason
from graphs.leasing.turn import Turn
from prompts import load

Heard = dict[str, Any]
"""A tool's answer as plain data; `error` where it did not run."""
Args = dict[str, Any]
DESCRIPTION = 500
"""Characters of a home's description that a model reads."""
LONGEST = 4_000
"""Characters of the answer of a tool that has no form of its own here."""


async def carry_out(
    turn: Turn, names: list[str], name: str, args: Mapping[str, Any] | None
) -> Heard:
    """Run one call of a tool among `names`; what the executor refuses is an answer as well.

    A tool that would wait for a person only asks for the lead's yes: `turn.said` then holds the
    question, and nothing is left for the model to say.
    """
    if name not in names:
        return _error("tool_not_offered", f"There is no tool {name[:80]!r} now.")
    if args is None:
        return _error("tool_args_invalid", load("leasing/agent").render("tool_error", {}))
    given = {key: value for key, value in args.items() if value is not None}
    try:
        if external(name):
            turn.tools.check(name, **given)
            return await _ASK[name](turn, given)
        if name in _USE:
            return await _USE[name](turn, given)
        return await _look_up(turn, name, given)
    except (Forbidden, InvalidInput, NotFound, Conflict) as refusal:
        return _refused(refusal)


async def _look_up(turn: Turn, name: str, args: Args) -> Heard:
    """A tool without a form of its own here; one that is away is done without."""
    try:
        return {"result": plain(await turn.tools.use(name, **args))}
    except Unavailable as error:
        return _refused(error)


def home_facts(home: Listing) -> dict[str, Any]:
    """A home in one line of plain data."""
    facts = home.model_dump(
        mode="json",
        exclude={
            "external_id",
            "community_id",
            "updated_at",
            "description",
            "unit",
            "available",
            "features",
        },
        exclude_none=True,
    )
    return {**facts, "name": home.title}


def plain(value: Any) -> Any:
    """The answer of any tool as JSON can hold it, cut where it is long."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", exclude_none=True))
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value[:10]]
    if isinstance(value, str):
        return value[:LONGEST]
    return value if isinstance(value, int | float | bool | None) else str(value)[:LONGEST]


def _error(code: str, message: str) -> Heard:
    return {"error": code, "message": message}


def _refused(refusal: LatchkeyError) -> Heard:
    heard = _error(refusal.code, refusal.message)
    if refusal.details:
        heard["details"] = [
            {"loc": list(found["loc"]), "msg": found["msg"]}
            for found in refusal.details[:5]
            if isinstance(found, Mapping)
        ]
    return heard


async def _search(turn: Turn, args: Args) -> Heard:
    found: list[Listing] = await turn.tools.use("search_listings", **args)
    query = ListingQuery.model_validate(args)
    fresh = fresh_of(turn, found)
    if fresh:
        _offer(turn, fresh[:SHOWN], query)
        return {"homes": [home_facts(home) for home in fresh[:SHOWN]], "more": len(fresh) - SHOWN}
    if found:
        return {"homes": [], "note": "every home that fits was offered before"}
    return await _nearest(turn, query)


async def _nearest(turn: Turn, query: ListingQuery) -> Heard:
    """What comes closest, or where there are homes at all."""
    tenant_id = turn.tools.call.tenant_id
    relaxed = await turn.services.listings.relaxed(tenant_id, query, limit=SHOWN)
    areas = (await turn.services.listings.gazetteer(tenant_id)).areas
    known = {area.casefold() for area in areas} & {area.casefold() for area in query.areas}
    if relaxed is None or (relaxed.dropped == "areas" and not known):
        return {"homes": [], "areas_with_homes": sorted(areas)[:20]}
    await turn.tools.use("search_listings", **relaxed.query.model_dump())
    _offer(turn, relaxed.listings, relaxed.query)
    return {
        "homes": [home_facts(home) for home in relaxed.listings],
        "note": f"nothing fits exactly; closest without {field_names([relaxed.dropped])}",
    }


def _offer(turn: Turn, homes: list[Listing], query: ListingQuery) -> None:
    turn.offer(homes, [reason(home, query) for home in homes])
    turn.state["confirm"] = None


async def _details(turn: Turn, args: Args) -> Heard:
    home: Listing = await turn.tools.use("listing_details", **args)
    turn.state["focus"] = home.listing_id
    features = [feature[:80] for feature in home.features[:12]]
    return {**home_facts(home), "features": features, "description": home.description[:DESCRIPTION]}


async def _compare(turn: Turn, args: Args) -> Heard:
    homes: list[Listing] = await turn.tools.use("compare_listings", **args)
    return {"homes": [home_facts(home) for home in homes]}


async def _favorite(turn: Turn, args: Args) -> Heard:
    await turn.tools.use("mark_favorite", **args)
    turn.state["focus"] = args["listing_id"]
    return {"saved": True, "listing_id": args["listing_id"]}


async def _slots(turn: Turn, args: Args) -> Heard:
    offer: SlotOffer = await turn.tools.use("tour_slots", **args)
    call = turn.tools.call
    home = await turn.services.listings.get(call.tenant_id, args["listing_id"])
    community = await turn.services.tenants.community_of(call.tenant_id, home.community_id)
    turn.state["focus"] = home.listing_id
    turn.state["confirm"] = None
    turn.show(offer.slots, home.listing_id, community.tz)
    slots = [{"slot_id": slot.slot_id, "label": slot.label} for slot in offer.slots]
    heard: Heard = {"home": home.title, "slots": slots}
    if offer.missed:
        heard["note"] = f"the wished day has no free time: {offer.missed}"
    return heard


async def _hand_off(turn: Turn, args: Args) -> Heard:
    await turn.tools.use("hand_off", **args)
    return {"told": "a person of the team", "office_hours": hours_text(turn.community)}


async def _ask_tour(turn: Turn, args: Args) -> Heard:
    slot = next(
        (s for s in turn.state.get("slots", []) if s["slot_id"] == args.get("slot_id")), None
    )
    if slot is None or slot["listing_id"] != args.get("listing_id", slot["listing_id"]):
        return _error("id_not_offered", "Choose one of the times that were offered for this home.")
    await touring.choose(turn, slot)
    return _asked(turn)


async def _ask_cancel(turn: Turn, args: Args) -> Heard:
    tour = await touring.latest(turn)
    if tour is None or tour.tour_id != args["tour_id"]:
        return _error("id_not_offered", "This lead has no such tour.")
    await touring.cancel(turn)
    return _asked(turn)


async def _ask_application(turn: Turn, args: Args) -> Heard:
    call = turn.tools.call
    home = await turn.services.listings.get(call.tenant_id, args["listing_id"])
    await applying.terms(turn, home)
    return _asked(turn)


async def _ask_documents(turn: Turn, args: Args) -> Heard:
    await applying.documents(turn)
    return _asked(turn)


def _asked(turn: Turn) -> Heard:
    return {"asked_the_lead": "\n\n".join(turn.said)}


_Effect = Callable[[Turn, Args], Awaitable[Heard]]
_USE: dict[str, _Effect] = {
    "search_listings": _search,
    "listing_details": _details,
    "compare_listings": _compare,
    "mark_favorite": _favorite,
    "tour_slots": _slots,
    "hand_off": _hand_off,
}
_ASK: dict[str, _Effect] = {
    "propose_tour": _ask_tour,
    "reschedule_tour": _ask_tour,
    "cancel_tour": _ask_cancel,
    "start_application": _ask_application,
    "request_documents": _ask_documents,
}
