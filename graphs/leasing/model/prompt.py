"""The prompt of a turn: what never changes first, what changes with every message last."""

from typing import Any

from agent.tenants.hours import hours_text
from agent.tenants.models import Community
from agent.tours.slots import label
from graphs.leasing import touring
from graphs.leasing.answers import focus, rules_of, without_pet_fees
from graphs.leasing.model.checks import mark
from graphs.leasing.model.handles import Handles
from graphs.leasing.model.retrieval import Passage
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from graphs.untrusted import dumped, unmarked
from prompts import TemplateSet, load

Message = dict[str, Any]
"""As OpenAI's protocol has it: role, content, tool calls."""
ROLES = {"agent": "assistant", "staff": "assistant"}
SAID = 2_000
"""Characters read of the newest message."""


async def messages(
    stage: StageSpec, turn: Turn, past: list[Passage], handles: Handles
) -> list[Message]:
    """System, facts and stage; then the conversation; then context, message and instruction."""
    words = load("leasing/agent")
    community = await community_of(turn)
    story = turn.state.get("story", [])
    return [
        _system(secrets(words)),
        _system(words.render("community", {"facts": facts_of(community, stage)})),
        _system(words.render("stage", {"name": stage.name, "goal": stage.goal})),
        *([_system(words.render("story", {"lines": unmarked(". ".join(story))}))] if story else []),
        *(_line(line) for line in turn.state.get("window", [])),
        {"role": "user", "content": await _newest(turn, words, past, handles)},
    ]


async def community_of(turn: Turn) -> Community:
    """Whose facts a reply tells; without terms for pets where they do not apply to this lead."""
    community = await rules_of(turn, await focus(turn))
    if turn.state.get("no_pet_terms", False):
        return without_pet_fees(community).model_copy(update={"pets": None})
    return community


def secrets(words: TemplateSet) -> str:
    """The rules a model works under."""
    parts = [
        words.render("role", {}),
        words.render("rules", {"mark": mark()}),
        words.render("output", {}),
    ]
    return "\n".join(parts)


def facts_of(community: Community, stage: StageSpec) -> str:
    """What may be told of a community, in its own words, a line for each subject."""
    fees = [
        f"{fee.name} ${fee.amount:,}{f' {fee.note}' if fee.note else ''}" for fee in community.fees
    ]
    applying = stage.name == "applying"
    facts = {
        "name": community.name,
        "area": community.area,
        "address": community.address,
        "office phone": community.phone,
        "office hours": hours_text(community),
        "pets": community.pets.text if community.pets else "",
        "fees": "; ".join(fees),
        "specials": " ".join(community.specials),
        "documents": "; ".join(community.documents) if applying else "",
        "criteria": community.criteria.text if community.criteria and applying else "",
        **{topic.replace("_", " "): text for topic, text in community.policies.items()},
    }
    return "\n".join(f"{name}: {' '.join(text.split())}" for name, text in facts.items() if text)


async def context_of(turn: Turn, past: list[Passage], handles: Handles) -> dict[str, Any]:
    """Everything the state knows that a reply may need; empty things are left out."""
    state, heard = turn.state, turn.heard
    confirm, focus_id = state.get("confirm"), state.get("focus")
    homes = {handles.of("listing_id", h["listing_id"]): h for h in state.get("shortlist", [])}
    slots = {handles.of("slot_id", slot["slot_id"]): slot for slot in state.get("slots", [])}
    said = _filled(
        {
            "wants": [intent for intent in heard["intents"] if intent != "ask"],
            "asks_about": heard["topics"],
            "homes": handles.shown({"listing_ids": heard["references"]})["listing_ids"],
            "slots": [handles.of("slot_id", each) for each in heard["slot_ids"]],
            "time": heard["tour_time"],
            "changed": heard["changed"],
        }
    )
    return _filled(
        {
            "today": f"{turn.now.astimezone(turn.community.tz):%A, %Y-%m-%d}",
            "stage": state["stage"],
            "profile": turn.profile.known(),
            "left_open": [name for name in state.get("once", []) if name.startswith("open:")],
            "asked_before": turn.open_asks,
            "heard": said,
            "homes": {handle: _home(home) for handle, home in homes.items()},
            "focus": handles.of("listing_id", focus_id) if focus_id else None,
            "favorites": [handles.of("listing_id", each) for each in state.get("favorites", [])],
            "slots": {handle: slot["label"] for handle, slot in slots.items()},
            "slots_of": next(
                (handles.of("listing_id", slot["listing_id"]) for slot in slots.values()), None
            ),
            "tour": await _tour(turn, handles),
            "confirm": {"action": confirm["tool"], **confirm["values"]} if confirm else None,
            "contact_known": turn.tools.call.contact_ref is not None,
            "waits_for_team": bool(state.get("pending")),
            "past": [passage.shown() for passage in past],
        }
    )


async def _newest(turn: Turn, words: TemplateSet, past: list[Passage], handles: Handles) -> str:
    text = "\n".join(item["text"][:SAID] for item in turn.state["incoming"])
    return "\n".join(
        (
            words.render("context", {"data": dumped(await context_of(turn, past, handles))}),
            words.render("message", {"text": unmarked(text)}),
            words.render("instruction", {}),
        )
    )


async def _tour(turn: Turn, handles: Handles) -> dict[str, str] | None:
    """The tour of this thread that is asked for or booked."""
    tour = await touring.latest(turn)
    if tour is None:
        return None
    tenant_id = turn.tools.call.tenant_id
    home = await turn.services.listings.get(tenant_id, tour.listing_id)
    community = await turn.services.tenants.community_of(tenant_id, tour.community_id)
    return {
        "tour_id": handles.of("tour_id", tour.tour_id),
        "listing_id": handles.of("listing_id", tour.listing_id),
        "home": home.title,
        "time": label(community, tour.starts_at),
        "status": tour.status.value,
    }


def _home(home: dict[str, Any]) -> str:
    """ "Alder Row #118, Portland: $1,950, 2 bed, 1 bath"."""
    place = f", {home['area']}" if home.get("area") else ""
    size = f"{home['bedrooms']} bed" if home["bedrooms"] else "studio"
    return f"{home['name']}{place}: ${home['rent']:,}, {size}, {home['bathrooms']:g} bath"


def _line(line: list[str]) -> Message:
    return {"role": ROLES.get(line[0], "user"), "content": unmarked(line[1])}


def _system(content: str) -> Message:
    return {"role": "system", "content": content}


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], {}, "", False)}
