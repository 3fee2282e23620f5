"""Reads the messages of a turn: what is wanted now, what is known after, which stage that is."""

from dataclasses import replace
from datetime import datetime

from agent.ai.understanding import Memory, stage_of
from agent.ai.understanding.models import Intent, Understanding
from agent.leads.models import LeadProfile
from agent.leads.profile import updated
from agent.services import Services
from agent.threads.models import SET_BY_PEOPLE
from graphs.leasing.handoff import MISSES
from graphs.leasing.memory import after_lead, dated, plain, recalled, slot_options
from graphs.leasing.policy import Policy
from graphs.leasing.state import CONTACT_MARKS, Heard, LeasingState

NODES = {
    "qualifying": "qualifying",
    "sending_list": "listing",
    "selecting_favorites": "listing",
    "touring": "touring",
    "applying": "applying",
}
"""Stage -> the node that answers in it; people answer in the others."""


async def understand(state: LeasingState, services: Services, policy: Policy) -> LeasingState:
    """Fold every message of the turn, in order, into profile, stage and `heard`."""
    community = await services.tenants.community_of(state["tenant_id"], state["community_id"])
    gazetteer = await services.listings.gazetteer(state["tenant_id"])
    today = datetime.fromisoformat(state["now"]).astimezone(community.tz).date()
    before = LeadProfile.model_validate(state.get("profile", {}))
    memory, slots = recalled(state), slot_options(state)
    profile, heard = before, Understanding()
    for item in state["incoming"]:
        context = memory.context(today, dated(profile.known()), gazetteer, slots)
        said = _implied(await policy.understand(item["text"], context), memory)
        profile = updated(profile, said)
        memory = memory.after_lead(said)
        heard = _merged(heard, said)
    return _concluded({**state, **after_lead(memory)}, heard, before, profile)


def _concluded(
    state: LeasingState, heard: Understanding, before: LeadProfile, profile: LeadProfile
) -> LeasingState:
    stage = stage_of(
        state["stage"],  # type: ignore[arg-type]  # state keeps plain strings
        heard,
        dated(profile.known()),
        has_shortlist=bool(state.get("shortlist")),
        has_tour=bool(state.get("slots") or state.get("confirm")),
    )
    confirm = state.get("confirm")
    by_people = state["stage"] in SET_BY_PEOPLE
    if heard.has(Intent.CANCEL) and not confirm and not by_people:
        stage = "touring"
    if confirm and heard.has(Intent.AFFIRM) and not by_people:
        stage = confirm["stage"]  # type: ignore[assignment]  # a plain string as well
    clear = any(mark in item["text"] for item in state["incoming"] for mark in CONTACT_MARKS)
    understood = clear or bool(
        heard.intents
        or heard.entities
        or heard.cleared
        or heard.references
        or heard.slot_ids
        or heard.tour_time
    )
    once = [*state.get("once", []), *(f"open:{name}" for name in sorted(heard.cleared))]
    once = [mark for mark in once if mark.removeprefix("open:") not in heard.entities]
    return {
        **state,
        "stage": str(stage),
        "profile": profile.known(),
        "misses": 0 if understood else state.get("misses", 0) + 1,
        "once": list(dict.fromkeys(once)),
        "heard": _heard(heard, before, profile, understood),
    }


def route(state: LeasingState) -> str:
    """The node that answers this turn."""
    heard = state["heard"]
    if heard is None:
        raise ValueError("route needs what was heard")
    if Intent.HUMAN in heard["intents"] or state.get("misses", 0) >= MISSES:
        return "handoff"
    return NODES.get(state["stage"], "handoff")


def _implied(said: Understanding, memory: Memory) -> Understanding:
    """What a yes or a name means after the agent's offer: to see a home, to talk to a person."""
    agent = memory.agent
    if said.has(Intent.REJECT) and said.references and said.references != (memory.focus,):
        return replace(said, intents=_chosen_instead(said.intents))
    if "human" in agent.asked and said.has(Intent.AFFIRM):
        return replace(said, intents=(Intent.HUMAN, *said.intents))
    if "tour" in agent.asked and said.references and not said.topics:
        named_only = not set(said.intents) - {Intent.SELECT, Intent.AFFIRM}
        if named_only:
            return replace(said, intents=(Intent.TOUR, *said.intents))
    return said


def _chosen_instead(intents: tuple[Intent, ...]) -> tuple[Intent, ...]:
    """ "Not that one, the first one" chooses; it does not ask for other homes."""
    left = (each for each in intents if each not in (Intent.REJECT, Intent.NEGATE, Intent.SELECT))
    return (Intent.SELECT, *left)


def _merged(first: Understanding, then: Understanding) -> Understanding:
    """Both messages as one; what comes later wins."""
    return Understanding(
        entities={**first.entities, **then.entities},
        cleared=(first.cleared - then.entities.keys()) | then.cleared,
        intents=tuple(dict.fromkeys((*first.intents, *then.intents))),
        topics=tuple(dict.fromkeys((*first.topics, *then.topics))),
        references=then.references or first.references,
        slot_ids=then.slot_ids or first.slot_ids,
        tour_time=then.tour_time or first.tour_time,
        accepted={**first.accepted, **then.accepted},
        mentioned={**first.mentioned, **then.mentioned},
        aside=then.aside,
        rules=tuple(dict.fromkeys((*first.rules, *then.rules))),
    )


def _heard(
    heard: Understanding, before: LeadProfile, after: LeadProfile, understood: bool
) -> Heard:
    said = (heard.entities.keys() | heard.cleared) & LeadProfile.model_fields.keys()
    return {
        "intents": [str(intent) for intent in heard.intents],
        "topics": list(heard.topics),
        "references": list(heard.references),
        "slot_ids": list(heard.slot_ids),
        "tour_time": heard.tour_time.isoformat() if heard.tour_time else None,
        "entities": plain(heard.entities),
        "changed": sorted(name for name in said if getattr(before, name) != getattr(after, name)),
        "cleared": sorted(heard.cleared),
        "understood": understood,
        "rules": list(heard.rules),
    }
