"""Answers to questions, from the home in focus and the community's own words."""

from collections.abc import Callable
from typing import Any

from agent.ai.understanding.models import Intent
from agent.ai.understanding.protected import touches_protected
from agent.ai.understanding.questions import Question, questions
from agent.ai.understanding.topics import named_amenities
from agent.errors import NotFound
from agent.knowledge.passages import SURE
from agent.listings.models import Listing
from agent.tenants.hours import hours_text
from agent.tenants.models import Community
from agent.tours.models import TourStatus
from agent.tours.slots import label
from graphs.leasing import handoff, knowing
from graphs.leasing.phrases import baths, listed, money, rooms
from graphs.leasing.turn import Turn

VAGUE = frozenset({"policy", "other"})
"""Topics that say nothing beside another one of the same question."""
_OF_PETS = frozenset({"pets", "fees", "deposit"})
"""Asked beside an assistance animal these mean the terms for pets, which do not apply to it."""
LIMIT = 3
"""Questions answered in one reply."""

Fact = Callable[[Listing], str | None]
Policy = Callable[[Community], str | None]


def _switch(name: str, yes: str, no: str) -> Fact:
    def fact(home: Listing) -> str | None:
        value = getattr(home, name)
        return None if value is None else (yes if value else no).format(home=home.title)

    return fact


FACTS: dict[str, Fact] = {
    "pets": _switch("pets", "Yes, pets are allowed at {home}.", "{home} doesn't allow pets."),
    "furnished": _switch("furnished", "Yes, {home} is furnished.", "{home} is not furnished."),
    "parking": _switch("parking", "Yes, {home} has parking.", "{home} comes without parking."),
    "in_unit_laundry": _switch(
        "in_unit_laundry",
        "Yes, {home} has a washer and dryer in the unit.",
        "{home} has no laundry in the unit.",
    ),
    "rent": lambda home: f"{home.title} is {money(home.rent)} a month.",
    "bedrooms": lambda home: (
        f"{home.title} is {rooms(home.bedrooms)}."
        if home.bedrooms == 0
        else f"{home.title} has {rooms(home.bedrooms)}."
    ),
    "bathrooms": lambda home: f"{home.title} has {baths(home.bathrooms)}.",
    "size": lambda home: (
        f"{home.title} has {home.square_feet:,} square feet." if home.square_feet else None
    ),
    "address": lambda home: f"{home.title} is at {home.address}." if home.address else None,
    "areas": lambda home: f"{home.title} is in {home.area}." if home.area else None,
    "phone": lambda home: f"The office number is {home.phone}." if home.phone else None,
    "availability": lambda home: _availability(home),
    "move_date": lambda home: _availability(home),
    "name": lambda home: f"It's {home.title}.",
    "elevator": lambda home: _features(home, ["elevator"]),
    "amenities": lambda home: (
        f"{home.title} comes with {listed(home.features)}." if home.features else None
    ),
}

POLICIES: dict[str, Policy] = {
    "pets": lambda c: c.pets.text if c.pets else None,
    "fees": lambda c: _fees(c),
    "deposit": lambda c: _fees(c, "deposit") or c.policies.get("deposit"),
    "criteria": lambda c: c.criteria.text if c.criteria else None,
    "hours": lambda c: f"The office is open {hours_text(c)}.",
    "specials": lambda c: " ".join(c.specials) or None,
    "documents": lambda c: (
        f"For an application you need {listed(c.documents)}." if c.documents else None
    ),
    "address": lambda c: f"{c.name} is at {c.address}." if c.address else None,
    "areas": lambda c: f"{c.name} is in {c.area}." if c.area else None,
    "phone": lambda c: f"The office number is {c.phone}." if c.phone else None,
    "in_unit_laundry": lambda c: c.policies.get("laundry"),
}
BOTH = {"pets", "parking"}
"""Topics whose rule is told beside the fact of the home."""


async def answer(turn: Turn) -> None:
    """Answer the questions of this turn, each from data or with a plain "I don't know"."""
    apart = turn.state.get("no_pet_terms", False)
    hidden = _OF_PETS if turn.has(Intent.ANIMAL) else {"pets"} if apart else set()
    if "own_tour" in turn.heard["topics"]:
        hidden = {*hidden, "tour_time"}
    topics = [topic for topic in turn.heard["topics"] if topic not in hidden]
    home = await focus(turn)
    community = (
        without_pet_fees(await rules_of(turn, home)) if apart else await rules_of(turn, home)
    )
    asked = []
    for question in await _questions(turn):
        if rule := knowing.named_policy(question, community):
            turn.quote(community.policies[rule])
            turn.rules.append(f"answer:{rule}")
            topics = [t for t in topics if t not in (question.topics or ("other",))]
        else:
            asked.append(question)
    unknown: list[str] = []
    for topic in topics[:LIMIT]:
        if topic in ("tour_time", "own_tour"):
            await _tours(turn, own=topic == "own_tour")
            continue
        if topic == "amenities" and (named := _named(turn)):
            found = _having(named, [home] if home else await _homes_shown(turn), community)
        else:
            found = _lookup(topic, home, community) or await _of_each(turn, topic, home)
        if found:
            turn.quote(found)
            turn.rules.append(f"answer:{topic}")
        elif not (topic == "availability" and not turn.state.get("shortlist")):
            unknown.append(topic)
    left = [q for q in asked if _is_open(q, {*unknown}, {*topics} - {*unknown})]
    if asked and not left:
        unknown = [topic for topic in unknown if topic not in VAGUE]
    await _from_writing(turn, left, unknown, home, community)


async def _questions(turn: Turn) -> list[Question]:
    """The questions of this turn that may be looked up; none where people or manners are meant."""
    texts = [item["text"] for item in turn.state["incoming"]]
    if not turn.heard["topics"] and not any("?" in text for text in texts):
        return []
    if turn.has(Intent.SMALLTALK, Intent.BOT_QUESTION, Intent.HUMAN):
        return []
    gazetteer = await turn.services.listings.gazetteer(turn.tools.call.tenant_id)
    return [question for question in questions(texts, gazetteer) if not question.protected]


def _is_open(question: Question, unknown: set[str], known: set[str]) -> bool:
    """ "What's your pet policy?" is answered by what is known of pets."""
    topics = {*question.topics}
    return not topics or bool(topics & unknown - (VAGUE if topics & known else set()))


async def _from_writing(
    turn: Turn,
    asked: list[Question],
    unknown: list[str],
    home: Listing | None,
    community: Community,
) -> None:
    """Answer what the facts do not from what was written down, or say that it is not known."""
    if turn.has(Intent.ANIMAL, Intent.ACCOMMODATION):
        asked = []
    place = home.listing_id if home else _first_shown(turn)
    left = bool(unknown) and not asked
    for question in asked[:LIMIT]:
        plain = bool({*(question.topics or ("other",))} & {*unknown})
        if not plain and _about_a_visit(turn):
            continue
        sure = SURE if plain else knowing.SURER
        told = await knowing.tell(turn, question, place, community, sure=sure)
        left = left or (plain and not told)
    if left and {*unknown} <= VAGUE and _protected(turn):
        turn.say("filter_same")
    elif left and ({*unknown} - VAGUE or not turn.has(*handoff.FAIR_HOUSING)):
        turn.say("no_photos" if {*unknown} == {"photos"} else "unknown_answer")


def _protected(turn: Turn) -> bool:
    """It asks about who somebody is, and opens no path of its own."""
    said = (item["text"] for item in turn.state["incoming"])
    return not turn.has(*handoff.FAIR_HOUSING) and any(map(touches_protected, said))


def _about_a_visit(turn: Turn) -> bool:
    """ "Can I come at three?" asks, but not for anything written down."""
    heard = turn.heard
    return bool(
        heard["references"]
        or heard["slot_ids"]
        or heard["tour_time"]
        or "tour_date" in heard["entities"]
    )


def _first_shown(turn: Turn) -> str | None:
    shortlist = turn.state.get("shortlist")
    return shortlist[0]["listing_id"] if shortlist else None


def _lookup(topic: str, home: Listing | None, community: Community) -> str | None:
    fact = FACTS[topic](home) if home and topic in FACTS else None
    policy = POLICIES[topic](community) if topic in POLICIES else community.policies.get(topic)
    if fact and policy and topic in BOTH and not fact.startswith(home.title if home else ""):
        return f"{fact} {policy}"
    return fact or policy


async def focus(turn: Turn) -> Listing | None:
    """The home the conversation is about: the one named, chosen, or the only one offered."""
    listing_id = turn.state.get("focus")
    shortlist = turn.state.get("shortlist", [])
    if listing_id is None and len(shortlist) == 1:
        listing_id = shortlist[0]["listing_id"]
    return await listed_home(turn, listing_id) if listing_id else None


async def listed_home(turn: Turn, listing_id: str) -> Listing | None:
    """The offered home, unless it has left the inventory meanwhile."""
    try:
        found: Listing = await turn.tools.use("listing_details", listing_id=listing_id)
    except NotFound:
        turn.state["focus"] = None
        return None
    return found


async def rules_of(turn: Turn, home: Listing | None) -> Community:
    """Whose rules apply: the home's, that of the homes on show, else the thread's."""
    shortlist = turn.state.get("shortlist", [])
    if home is None and shortlist:
        home = await listed_home(turn, shortlist[0]["listing_id"])
    if home is None:
        return await _of_the_area(turn)
    return await turn.services.tenants.community_of(turn.tools.call.tenant_id, home.community_id)


async def _of_each(turn: Turn, topic: str, home: Listing | None) -> str | None:
    """The fact of each home on show, where none of them is meant alone."""
    if home is not None or topic not in FACTS:
        return None
    facts = [FACTS[topic](each) for each in await _homes_shown(turn)]
    return " ".join(filter(None, facts)) or None


async def _homes_shown(turn: Turn) -> list[Listing]:
    shown: list[dict[str, Any]] = turn.state.get("shortlist", [])[:LIMIT]
    homes = [await listed_home(turn, each["listing_id"]) for each in shown]
    return [home for home in homes if home is not None]


def _named(turn: Turn) -> list[str]:
    return [name for item in turn.state["incoming"] for name in named_amenities(item["text"])]


def _having(named: list[str], homes: list[Listing], community: Community) -> str | None:
    """Which of the homes come with what is asked for by name, or the community's own words."""
    facts = [_features(home, named) for home in homes]
    rule = community.policies.get("amenities")
    told = [rule] if rule and any(name in rule.lower() for name in named) else []
    return " ".join(filter(None, [*facts, *told])) or None


async def _of_the_area(turn: Turn) -> Community:
    """The thread's community, or the only one where the lead wants to live."""
    if turn.community.area or len(turn.profile.areas) != 1:
        return turn.community
    known = await turn.services.tenants.communities(turn.tools.call.tenant_id)
    there = [each for each in known if each.area == turn.profile.areas[0]]
    return there[0] if len(there) == 1 else turn.community


async def _tours(turn: Turn, *, own: bool) -> None:
    call = turn.tools.call
    tours = await turn.services.tours.of_thread(call.tenant_id, call.thread_id)
    active = [t for t in tours if t.status in (TourStatus.PROPOSED, TourStatus.BOOKED)]
    if not active and (own or not turn.has(Intent.TOUR)):
        turn.say("no_tour")
        turn.ask("tour")
    for tour in active[-2:]:
        home = await turn.services.listings.seen(call.tenant_id, tour.listing_id)
        community = await turn.services.tenants.community_of(call.tenant_id, tour.community_id)
        status = "booked" if tour.status is TourStatus.BOOKED else "waiting for the team's yes"
        turn.say("tour_is", home=home.title, time=label(community, tour.starts_at), status=status)


def _availability(home: Listing) -> str | None:
    if not home.available:
        return f"{home.title} is not available any more."
    if home.available_from:
        return f"{home.title} is available from {home.available_from:%B} {home.available_from.day}."
    return f"{home.title} is available now."


def _features(home: Listing, named: list[str]) -> str | None:
    found = [each for each in home.features if any(name in each.lower() for name in named)]
    return f"{home.title} has: {listed(found)}." if found else None


def without_pet_fees(community: Community) -> Community:
    return community.model_copy(update={"fees": [fee for fee in community.fees if not fee.pet]})


def _fees(community: Community, word: str = "") -> str | None:
    fees = [fee for fee in community.fees if word in fee.name.lower()]
    if not fees:
        return None
    lines = [
        f"{fee.name} {money(fee.amount)}{f' ({fee.note})' if fee.note else ''}" for fee in fees
    ]
    return f"Fees: {listed(lines)}."
