"""Stages sending_list and selecting_favorites: show real homes, help to choose one."""

from agent.ai.understanding.models import Intent
from agent.leads.models import LeadProfile
from agent.listings.models import Listing, ListingQuery
from graphs.leasing.answers import focus
from graphs.leasing.phrases import (
    baths,
    facts,
    field_names,
    home_line,
    listed,
    money,
    reason,
    rooms,
    wishes,
)
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn

SHOWN = 3
_ASKED_AS = {"max_rent": "budget", "bedrooms": "bedrooms", "available_by": "move_date"}
"""Dropped condition -> what the lead may answer to it."""
NAMED = 8
"""Areas that are named to a lead; more would be a list nobody reads."""
CRITERIA = (
    "areas",
    "bedrooms",
    "bathrooms",
    "budget",
    "pets",
    "furnished",
    "parking",
    "in_unit_laundry",
    "move_date",
)


async def move(turn: Turn) -> None:
    references = turn.heard["references"]
    if turn.has(Intent.COMPARE) and len(turn.state.get("shortlist", [])) > 1:
        await compare(turn, references)
    elif turn.has(Intent.FAVORITE) and (home := await focus(turn)):
        await turn.tools.use("mark_favorite", listing_id=home.listing_id)
        turn.say("favorited", home=home.title)
        propose_visit(turn, home)
    elif needs_search(turn):
        await search(turn)
    elif (home := await focus(turn)) and (references or turn.has(Intent.SELECT)):
        if not turn.said:
            turn.say("describe", home=home.title, facts=facts(home))
        propose_visit(turn, home)
    else:
        propose_visit(turn, await focus(turn))


def needs_search(turn: Turn) -> bool:
    if not turn.state.get("shortlist") or turn.has(Intent.MORE, Intent.REJECT):
        return True
    named = turn.changed("property") and not turn.heard["references"]
    return named or turn.changed(*CRITERIA)


async def search(turn: Turn) -> None:
    """Show up to three homes not shown yet, or what comes closest."""
    query = query_for(turn)
    found: list[Listing] = await turn.tools.use("search_listings", **query.model_dump())
    paging, fresh = pages(turn), fresh_of(turn, found)
    wished = wishes(turn.profile)
    if fresh and _shown_already(turn, fresh):
        turn.say("still_fit")
        narrow(turn)
    elif fresh:
        if paging:
            turn.say("offer_more")
        elif len(fresh) == 1:
            turn.say("offer_one", wishes=wished)
        elif turn.profile.bedrooms is None:
            rest = wished.removeprefix("a home")
            turn.say("offers_open", count=min(len(fresh), SHOWN), wishes=rest)
        else:
            turn.say("offers", count=min(len(fresh), SHOWN), wishes=wished)
        show(turn, fresh[:SHOWN], query)
    elif found:
        turn.say("no_more")
        turn.ask("more")
    else:
        await _closest(turn, query, wished)


def pages(turn: Turn) -> bool:
    """The lead wants other homes for the same wishes."""
    return turn.has(Intent.MORE, Intent.REJECT) and not turn.changed(*CRITERIA)


def fresh_of(turn: Turn, found: list[Listing]) -> list[Listing]:
    """What is worth showing of what was found: to a lead who pages, nothing shown before."""
    if not pages(turn):
        return found
    return [home for home in found if home.listing_id not in turn.state.get("offered", [])]


def _shown_already(turn: Turn, found: list[Listing]) -> bool:
    """The wish changed nothing: what would be offered is what the lead has before them."""
    ids = [home.listing_id for home in found[:SHOWN]]
    return ids == _shortlisted(turn)


async def _closest(turn: Turn, query: ListingQuery, wished: str) -> None:
    relaxed = await turn.services.listings.relaxed(turn.tools.call.tenant_id, query, limit=SHOWN)
    if relaxed is None:
        turn.say("offer_none", wishes=wished)
        turn.ask("areas")
        return
    told = f"not there:{wished}"
    if relaxed.dropped == "areas" and turn.ask_once(told) and await _elsewhere(turn, wished):
        return
    await turn.tools.use("search_listings", **relaxed.query.model_dump())
    turn.say("offer_instead", wishes=wished, dropped=field_names([relaxed.dropped]))
    show(turn, relaxed.listings, relaxed.query)
    turn.ask(*([_ASKED_AS[relaxed.dropped]] if relaxed.dropped in _ASKED_AS else []))


async def _elsewhere(turn: Turn, wished: str) -> bool:
    """Say where there are homes when the lead has named no such place; whether that was so."""
    gazetteer = await turn.services.listings.gazetteer(turn.tools.call.tenant_id)
    areas = sorted(gazetteer.areas)
    known = {area.casefold() for area in areas}
    if any(area.casefold() in known for area in turn.profile.areas):
        return False
    if 0 < len(areas) <= NAMED:
        turn.say("not_there", wishes=wished, areas=listed(areas))
    else:
        turn.say("offer_none", wishes=wished)
    turn.ask("areas")
    return True


def show(turn: Turn, homes: list[Listing], query: ListingQuery) -> None:
    turn.offer(homes, [reason(home, query) for home in homes])
    turn.quote("\n".join(home_line(home, i) for i, home in enumerate(homes, 1)))
    narrow(turn) if len(homes) > 1 else propose_visit(turn, homes[0])


def narrow(turn: Turn) -> None:
    """Ask, once each, what would make the list better; then for a visit."""
    budget = turn.profile.budget is None and turn.ask_once("budget")
    moving = turn.profile.move_date is None and turn.ask_once("move_date")
    if budget and moving:
        turn.say("ask_narrow")
        turn.ask("budget", "move_date")
    elif budget:
        turn.say("ask_budget")
        turn.ask("budget")
    elif moving:
        turn.say("ask_move_date")
        turn.ask("move_date")
    elif _pets_open(turn) and turn.ask_once("pets"):
        turn.say("ask_pets")
        turn.ask("pets")
    else:
        propose_visit(turn, None)


def _pets_open(turn: Turn) -> bool:
    return turn.profile.pets is None and not turn.state.get("no_pet_terms", False)


def propose_visit(turn: Turn, home: Listing | None) -> None:
    """Ask whether they would like to come; not while a request waits, unless they chose anew."""
    if turn.state.get("pending") and not turn.has(Intent.SELECT, Intent.FAVORITE):
        turn.say("meanwhile")
    elif home is not None:
        turn.say("ask_tour_one", home=home.title)
        turn.ask("tour")
    else:
        turn.say("ask_tour")
        turn.ask("tour", "property")


def query_for(turn: Turn) -> ListingQuery:
    """What is searched for now: the profile, at home where no area was said."""
    query = query_of(turn.profile)
    if not query.areas and turn.community.area and "open:areas" not in turn.state.get("once", []):
        query.areas = [turn.community.area]
    if turn.changed("property") and not turn.heard["references"]:
        query.q = turn.profile.property
    return query


def query_of(profile: LeadProfile) -> ListingQuery:
    """What a profile means to a search; a wish that was never said is no condition."""
    return ListingQuery(
        areas=profile.areas,
        bedrooms=profile.bedrooms,
        bathrooms=profile.bathrooms,
        exact_bathrooms=True,
        max_rent=profile.budget,
        pets=profile.pets or None,
        furnished=profile.furnished or None,
        parking=profile.parking or None,
        in_unit_laundry=profile.in_unit_laundry or None,
        available_by=profile.move_date,
    )


async def compare(turn: Turn, references: list[str]) -> None:
    ids = references if len(references) > 1 else _shortlisted(turn)[:SHOWN]
    homes: list[Listing] = await turn.tools.use("compare_listings", listing_ids=ids[:4])
    lines = [
        f"{home.title}: {rooms(home.bedrooms)}, {baths(home.bathrooms)}, {money(home.rent)}"
        + (f", {home.square_feet:,} sq ft" if home.square_feet else "")
        for home in homes
    ]
    cheapest = min(homes, key=lambda home: home.rent)
    largest = max(homes, key=lambda home: (home.square_feet or 0, home.bedrooms))
    verdict = f"{cheapest.title} has the lowest rent"
    verdict += f"; {largest.title} is the largest." if largest.square_feet else "."
    turn.say("compared", lines="\n".join(lines), verdict=verdict)
    propose_visit(turn, None)


def _shortlisted(turn: Turn) -> list[str]:
    return [home["listing_id"] for home in turn.state.get("shortlist", [])]


STAGE = StageSpec(
    name="listing",
    goal="Show at most three available homes with the reason for each; done when one is chosen.",
    tools=(
        "search_listings",
        "listing_details",
        "search_knowledge",
        "search_conversations",
        "compare_listings",
        "mark_favorite",
        "hand_off",
    ),
    prompt="leasing/replies",
    move=move,
)
