"""The prompt of a turn: what never changes first, what changes with every message last."""

import json
from typing import Any

from agent.tenants.hours import hours_text
from agent.tenants.models import Community
from agent.tours.slots import label
from graphs.leasing import touring
from graphs.leasing.answers import focus, rules_of, without_pet_fees
from graphs.leasing.model.checks import mark
from graphs.leasing.model.retrieval import Passage
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from prompts import TemplateSet, load

Message = dict[str, Any]
"""As OpenAI's protocol has it: role, content, tool calls."""
ROLES = {"agent": "assistant", "staff": "assistant"}
SAID = 2_000
"""Characters read of the newest message."""


async def messages(stage: StageSpec, turn: Turn, past: list[Passage]) -> list[Message]:
    """System, facts and stage; then the conversation; then context, message and instruction."""
    words = load("leasing/agent")
    community = await community_of(turn)
    story = turn.state.get("story", [])
    return [
        _system(secrets(words)),
        _system(words.render("community", {"facts": dumped(facts_of(community))})),
        _system(words.render("stage", {"name": stage.name, "goal": stage.goal})),
        *([_system(words.render("story", {"lines": ". ".join(story)}))] if story else []),
        *(_line(line) for line in turn.state.get("window", [])),
        {"role": "user", "content": await _newest(turn, words, past)},
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


def facts_of(community: Community) -> dict[str, Any]:
    """What may be told of a community, in its own words."""
    facts = {
        "name": community.name,
        "area": community.area,
        "address": community.address,
        "office_phone": community.phone,
        "office_hours": hours_text(community),
        "pets": community.pets.text if community.pets else None,
        "fees": [
            f"{fee.name} ${fee.amount:,}{f' {fee.note}' if fee.note else ''}"
            for fee in community.fees
        ],
        "specials": community.specials,
        "documents": community.documents,
        "criteria": community.criteria.text if community.criteria else None,
        **community.policies,
    }
    return {name: value for name, value in facts.items() if value}


def dumped(value: Any) -> str:
    """JSON that no text inside it can break out of."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


async def context_of(turn: Turn, past: list[Passage]) -> dict[str, Any]:
    """Everything the state knows that a reply may need; empty things are left out."""
    state, heard = turn.state, turn.heard
    confirm = state.get("confirm")
    context: dict[str, Any] = {
        "today": f"{turn.now.astimezone(turn.community.tz):%A, %Y-%m-%d}",
        "stage": state["stage"],
        "profile": turn.profile.known(),
        "left_open": [name for name in state.get("once", []) if name.startswith("open:")],
        "asked_before": turn.open_asks,
        "heard": {
            "wants": [i for i in heard["intents"] if i != "ask"],
            "asks_about": heard["topics"],
            "homes": heard["references"],
            "slot_ids": heard["slot_ids"],
            "time": heard["tour_time"],
            "changed": heard["changed"],
        },
        "homes": [_home(home) for home in state.get("shortlist", [])],
        "focus": state.get("focus"),
        "favorites": state.get("favorites"),
        "slots": [{k: slot[k] for k in ("slot_id", "label")} for slot in state.get("slots", [])],
        "slots_of": next((slot["listing_id"] for slot in state.get("slots", [])), None),
        "tour": await _tour(turn),
        "confirm": {"action": confirm["tool"], **confirm["values"]} if confirm else None,
        "contact_known": turn.tools.call.contact_ref is not None,
        "waits_for_team": len(state.get("pending", [])),
        "past": [passage.shown() for passage in past],
    }
    context["heard"] = _filled(context["heard"])
    return _filled(context)


async def _newest(turn: Turn, words: TemplateSet, past: list[Passage]) -> str:
    text = "\n".join(item["text"][:SAID] for item in turn.state["incoming"])
    return "\n".join(
        (
            words.render("context", {"data": dumped(await context_of(turn, past))}),
            words.render("message", {"text": text.replace("<", "\u2039").replace(">", "\u203a")}),
            words.render("instruction", {}),
        )
    )


async def _tour(turn: Turn) -> dict[str, str] | None:
    """The tour of this thread that is asked for or booked."""
    tour = await touring.latest(turn)
    if tour is None:
        return None
    tenant_id = turn.tools.call.tenant_id
    home = await turn.services.listings.get(tenant_id, tour.listing_id)
    community = await turn.services.tenants.community(tenant_id, tour.community_id)
    return {
        "tour_id": tour.tour_id,
        "listing_id": tour.listing_id,
        "home": home.title,
        "time": label(community, tour.starts_at),
        "status": tour.status.value,
    }


def _home(home: dict[str, Any]) -> dict[str, Any]:
    return {
        name: home[name]
        for name in ("listing_id", "name", "area", "rent", "bedrooms", "bathrooms")
        if home.get(name) is not None
    }


def _line(line: list[str]) -> Message:
    return {"role": ROLES.get(line[0], "user"), "content": line[1]}


def _system(content: str) -> Message:
    return {"role": "system", "content": content}


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], {}, "")}
