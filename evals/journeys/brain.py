"""A competent model for the stub: knows only what the prompt tells it, says little, calls well."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.openai_stub import Reply
from graphs.leasing.listing import CRITERIA

_OPTIONAL = {"budget", "move_date", "pets"}
_SOCIAL = {"greet", "thanks", "goodbye", "smalltalk", "bot_question"}
_CONTEXT = re.compile(r"<context>\n(.*?)\n</context>", re.DOTALL)
_MESSAGE = re.compile(r"<message>\n(.*?)\n</message>", re.DOTALL)
_AMOUNT = re.compile(r"\b\d{3,5}\b")
_FACTS = re.compile(r"Facts of the community:\n(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one request shows a model."""

    context: dict[str, Any]
    message: str
    facts: Mapping[str, str]
    tools: frozenset[str]
    results: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Name and answer of each call of this turn."""

    @property
    def heard(self) -> dict[str, Any]:
        return dict(self.context.get("heard", {}))

    @property
    def wants(self) -> set[str]:
        return {*self.heard.get("wants", [])}

    @property
    def changed(self) -> set[str]:
        return {*self.heard.get("changed", [])}

    @property
    def profile(self) -> dict[str, Any]:
        return dict(self.context.get("profile", {}))

    @property
    def homes(self) -> list[str]:
        """Their handles, in the order of the offer."""
        return list(self.context.get("homes", {}))

    @property
    def times(self) -> dict[str, str]:
        """Handle -> label of the offered times."""
        return dict(self.context.get("slots", {}))

    @property
    def focus(self) -> str | None:
        if self.context.get("focus"):
            return str(self.context["focus"])
        return self.homes[0] if len(self.homes) == 1 else None

    @property
    def asked(self) -> list[str]:
        return list(self.context.get("asked_before", []))


def seen(request: Mapping[str, Any]) -> Seen:
    messages = request["messages"]
    last_user = max(i for i, m in enumerate(messages) if m["role"] == "user")
    found = _CONTEXT.search(messages[last_user]["content"])
    said = _MESSAGE.search(messages[last_user]["content"])
    facts = next((m for m in map(_facts, messages) if m is not None), {})
    names = {
        call["id"]: call["function"]["name"]
        for message in messages[last_user:]
        for call in message.get("tool_calls") or []
    }
    return Seen(
        context=json.loads(found[1]) if found else {},
        message=said[1] if said else "",
        facts=facts,
        tools=frozenset(tool["function"]["name"] for tool in request.get("tools") or []),
        results=[
            (names[m["tool_call_id"]], _data(m["content"]))
            for m in messages[last_user:]
            if m["role"] == "tool"
        ],
    )


def competent(request: dict[str, Any]) -> Reply:
    """The brain: one step of a conversation."""
    now = seen(request)
    if now.results:
        return _after(now, *now.results[-1])
    reply = _asked_only(now)
    if reply is None:
        reply = _step(now)
    return reply


def _step(now: Seen) -> Reply:
    stage = now.context.get("stage")
    if stage == "touring":
        return _tour(now)
    if stage == "applying":
        return _apply(now)
    if stage == "qualifying":
        return _qualify(now)
    return _list(now)


def _asked_only(now: Seen) -> Reply | None:
    """An answer to a question or a courtesy, when that is all there is; then what was open."""
    rest = now.wants - _SOCIAL
    said = [*now.heard.get("homes", []), *now.heard.get("slots", []), *now.changed]
    if rest or said or now.heard.get("time"):
        return None
    topics = now.heard.get("asks_about", [])
    amount = _AMOUNT.search(now.message.replace(",", ""))
    if "budget" in now.asked and amount and not now.profile.get("budget"):
        return _say("Noted. Shall I arrange a visit?", "tour", "property", budget=amount[0])
    if topics == ["other"] and now.homes and {*now.asked} & _OPTIONAL:
        return _say("I'll leave that open. Would you like to see one?", "tour", "property")
    if topics:
        told = " ".join(_told(now, topic) for topic in topics)
        return _say(told, *(now.asked or _open(now)))
    if now.wants and now.asked:
        return _say("Happy to help.", *now.asked)
    return None


def _open(now: Seen) -> list[str]:
    return ["tour", "property"] if now.homes else ["areas", "bedrooms"]


def _told(now: Seen, topic: str) -> str:
    names = {"hours": "office hours", "phone": "office phone"}
    fact = now.facts.get(names.get(topic, topic.replace("_", " ")))
    return fact or "I don't have that, but a teammate can tell you."


def _tour(now: Seen) -> Reply:
    tour, wants = now.context.get("tour"), now.wants
    picked = [s for s in now.heard.get("slots", []) if s in now.times]
    if wants & {"cancel_tour", "cancel"} and "reschedule_tour" not in wants:
        if tour is None:
            return _say("There is nothing to cancel.")
        return _call("cancel_tour", tour_id=tour["tour_id"], reason=None)
    if picked:
        return _call("propose_tour", listing_id=now.context["slots_of"], slot_id=picked[0])
    if "reschedule_tour" in wants and tour:
        return _times(now, tour["listing_id"])
    if now.focus:
        return _about(now, now.focus)
    if now.homes and not now.changed & {"areas", "bedrooms", "budget"}:
        return _say("Which one would you like to see?", "property")
    return _qualify(now)


def _about(now: Seen, home: str) -> Reply:
    tour = now.context.get("tour")
    timed = bool(
        now.wants & {"tour", "reschedule_tour"}
        or "tour_date" in now.changed
        or now.heard.get("time")
    )
    if tour and tour["listing_id"] == home and not timed:
        return _say(f"Your tour on {tour['time']} is {tour['status']}.")
    if now.times and not timed and not now.heard.get("homes"):
        times = "\n".join(now.times.values())
        return _say(f"These are the times:\n{times}\nWhich one suits you?", "slot")
    return _times(now, home)


def _times(now: Seen, home: str) -> Reply:
    wished = now.profile.get("tour_date")
    today = now.context["today"].rpartition(" ")[2]
    on = wished if wished and wished >= today else None
    return _call("tour_slots", listing_id=home, on=on, around=now.heard.get("time"))


def _apply(now: Seen) -> Reply:
    if "documents" in now.wants and "apply" not in now.wants:
        return _call("request_documents", documents=[])
    home = now.focus or (now.context.get("tour") or {}).get("listing_id")
    if home:
        return _call("start_application", listing_id=home)
    if now.homes:
        return _say("Which home is the application for?", "property")
    return _qualify(now)


def _qualify(now: Seen) -> Reply:
    left_open = now.context.get("left_open", [])
    missing = [
        name
        for name in ("areas", "bedrooms")
        if now.profile.get(name) in (None, []) and f"open:{name}" not in left_open
    ]
    if missing:
        return _say(f"What {' and '.join(missing)} would you like?", *missing)
    return _list(now)


def _list(now: Seen) -> Reply:
    homes = now.heard.get("homes", [])
    if "compare" in now.wants and len(now.homes) > 1:
        return _call("compare_listings", listing_ids=(homes if len(homes) > 1 else now.homes)[:3])
    if "favorite" in now.wants and now.focus:
        return _call("mark_favorite", listing_id=now.focus)
    named = "property" in now.changed and not homes
    if not now.homes or now.wants & {"more", "reject"} or now.changed & {*CRITERIA} or named:
        return _search(now, named=named)
    if "negate" in now.wants:
        return _say("No problem.")
    if now.focus:
        return _say("Would you like to come and see it?", "tour")
    return _say("Would you like to see one of them?", "tour", "property")


def _search(now: Seen, *, named: bool) -> Reply:
    known = now.profile
    return _call(
        "search_listings",
        areas=known.get("areas", []),
        bedrooms=known.get("bedrooms"),
        bathrooms=known.get("bathrooms"),
        max_rent=known.get("budget"),
        pets=known.get("pets") or None,
        furnished=known.get("furnished") or None,
        parking=known.get("parking") or None,
        in_unit_laundry=known.get("in_unit_laundry") or None,
        available_by=known.get("move_date"),
        q=known.get("property") if named else None,
    )


def _after(now: Seen, tool: str, data: Mapping[str, Any]) -> Reply:
    """What to say once a tool has answered."""
    if "error" in data:
        return _say("Let me get that right: which home is it about?", "property")
    if tool in ("search_listings", "compare_listings"):
        return _homes(now, data)
    if tool == "tour_slots":
        times = "\n".join(slot["label"] for slot in data["slots"])
        if not times:
            return _say("There is no free time. Shall I bring in a teammate?", "human")
        return _say(f"{data['home']} can be visited at:\n{times}\nWhich one suits you?", "slot")
    if tool == "mark_favorite":
        return _say("Saved. Would you like to see it?", "tour")
    return _say("Anything else?", "more")


def _homes(now: Seen, data: Mapping[str, Any]) -> Reply:
    homes = data.get("homes", [])
    if not homes:
        where = ", ".join(data.get("areas_with_homes", []))
        return _say(f"Nothing fits. {f'Our homes are in {where}.' if where else ''}", "areas")
    lines = [f"{i}. {_home(home)}" for i, home in enumerate(homes, 1)]
    first = f"{data['note']}." if data.get("note") else "Here is what fits your wishes:"
    text = "\n".join([first, *lines])
    for name in ("budget", "move_date", "pets"):
        if now.profile.get(name) is None and name not in now.asked:
            return _say(f"{text}\nTo narrow it down: what is your {name.replace('_', ' ')}?", name)
    one = len(homes) == 1
    return _say(
        f"{text}\nWould you like to come and see one of them?",
        *(["tour"] if one else ["tour", "property"]),
    )


def _home(home: Mapping[str, Any]) -> str:
    size = f"{home['bedrooms']} bedrooms" if home["bedrooms"] else "a studio"
    extras = [name for name in ("pets", "furnished", "parking") if home.get(name)]
    words = f", with {' and '.join(extras)}" if extras else ""
    return f"{home['name']}: {size}, {home['bathrooms']:g} bath, ${home['rent']:,} a month{words}"


def _call(name: str, **args: Any) -> Reply:
    return Reply(tool_calls=[(name, args)])


def _say(text: str, *asked: str, **noted: str) -> Reply:
    answer = {
        "reply": text.strip(),
        "asked": list(asked),
        "noted": [{"field": name, "value": value} for name, value in noted.items()],
        "understood": True,
    }
    return Reply(json.dumps(answer))


def _facts(message: Mapping[str, Any]) -> Mapping[str, str] | None:
    found = _FACTS.match(message.get("content") or "") if message["role"] == "system" else None
    if found is None:
        return None
    lines = [line.partition(": ") for line in found[1].splitlines()]
    return {name: text for name, _, text in lines}


def _data(content: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(content).get("data") or json.loads(content)
    return data
