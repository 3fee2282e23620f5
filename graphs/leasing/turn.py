"""One turn in the making: what was heard, what is known, and the reply as it grows."""

import copy
import zlib
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from agent.ai.understanding.models import Intent
from agent.audit.models import Model
from agent.leads.models import LeadProfile
from agent.listings.models import Listing
from agent.services import Services
from agent.tenants.models import Community
from agent.tours.models import Slot
from graphs.answer import OfferedListing
from graphs.leasing.history import LINE, folded, mark
from graphs.leasing.state import CONTACT_MARKS, OFFERED, Heard, LeasingState, Output
from prompts import load
from tools.executor import Toolbox


@dataclass(slots=True)
class Turn:
    """Moves read it, call `tools`, and `say` what the lead should hear."""

    services: Services
    tools: Toolbox
    community: Community
    now: datetime
    state: LeasingState
    heard: Heard
    profile: LeadProfile
    said: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    listings: list[OfferedListing] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    model: Model | None = None
    """The model that was asked for the reply, if one was."""

    def draft(self) -> "Turn":
        """A copy to fill; nothing of it counts before it is adopted."""
        call = self.tools.call
        own = replace(
            call,
            listings=set(call.listings),
            slots=dict(call.slots),
            why=call.why.model_copy(deep=True),
            events=list(call.events),
            proposals=list(call.proposals),
            favorites=list(call.favorites),
        )
        return replace(
            self,
            tools=Toolbox(own),
            state=copy.deepcopy(self.state),
            said=list(self.said),
            rules=list(self.rules),
            asked=list(self.asked),
            listings=list(self.listings),
            slots=list(self.slots),
        )

    def adopt(self, draft: "Turn") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(draft, each.name))

    def has(self, *intents: Intent) -> bool:
        return any(intent in self.heard["intents"] for intent in intents)

    def changed(self, *fields: str) -> bool:
        return any(name in self.heard["changed"] for name in fields)

    @property
    def open_asks(self) -> list[str]:
        """What the agent asked for last."""
        return list(self.state.get("agent", {}).get("asked", []))

    @property
    def gives_contact(self) -> bool:
        """The lead has said who they are or how to reach them."""
        said = " ".join(item["text"] for item in self.state["incoming"])
        return any(mark in said for mark in CONTACT_MARKS)

    @property
    def around(self) -> time | None:
        return time.fromisoformat(self.heard["tour_time"]) if self.heard["tour_time"] else None

    def say(self, template: str, **values: object) -> None:
        """Add a sentence to the reply and note the template as the rule that fired."""
        key = f"{self.services.settings.seed}/{self.state['thread_id']}/{self._turn}/{template}"
        replies = load("leasing/replies")
        self.said.append(replies.render(template, values, choose=zlib.crc32(key.encode())))
        self.rules.append(f"say:{template}")

    def ask(self, *fields: str) -> None:
        """Note what the reply asks for, so that the next message is read against it."""
        self.asked += fields
        self.rules += [f"asked:{name}" for name in fields]

    def ask_once(self, question: str) -> bool:
        """Whether `question` may be asked now; it never may again."""
        once = self.state.get("once", [])
        if question in once:
            return False
        self.state["once"] = [*once, question]
        return True

    def quote(self, text: str) -> None:
        """Say configured text as it is, once a reply."""
        if text not in self.said:
            self.said.append(text)

    def offer(self, listings: list[Listing], reasons: list[str]) -> None:
        """Show homes; they become the shortlist, in this order."""
        self.listings = [
            offered(home, reason) for home, reason in zip(listings, reasons, strict=True)
        ]
        self.state["shortlist"] = [offered.model_dump() for offered in self.listings]
        self.state["focus"] = listings[0].listing_id if len(listings) == 1 else None
        self.state["slots"] = []

    def show(self, slots: list[Slot], listing_id: str, zone: ZoneInfo) -> None:
        """Offer tour times of a home in `zone`."""
        self.slots = slots
        self.state["slots"] = [
            {
                "slot_id": slot.slot_id,
                "listing_id": listing_id,
                "label": slot.label,
                "starts_at": slot.starts_at.isoformat(),
                "local": slot.starts_at.astimezone(zone).isoformat(),
            }
            for slot in slots
        ]

    def ask_yes(self, tool: str, args: dict[str, Any], template: str, **values: Any) -> None:
        """Keep an action until the lead's yes; contact data is asked for first where missing."""
        self.state["confirm"] = {
            "tool": tool,
            "args": args,
            "template": template,
            "values": values,
            "stage": self.state["stage"],
        }
        self.ask_open_yes()

    def ask_open_yes(self) -> None:
        """Ask (again) for the yes to what waits, or for the contact data it needs."""
        confirm = self.state["confirm"]
        if confirm is None:
            return
        template, values = confirm["template"], confirm["values"]
        if self.tools.call.contact_ref is None:
            self.say("ask_contact", what=values.get("home", "this"))
            self.ask("contact")
        else:
            self.say(template, **values)
            self.ask("confirm")

    def update(self) -> LeasingState:
        """The state after this turn."""
        state, call = self.state, self.tools.call
        reply = "\n\n".join(self.said)
        spoken = [["lead", item["text"][:LINE]] for item in state["incoming"]]
        # ids a tool has returned may be used from now on, those shown last kept longest
        shown = [home["listing_id"] for home in state.get("shortlist", [])]
        older = [i for i in state.get("offered", []) if i not in shown]
        window, story = folded(
            [*state.get("window", []), *spoken, ["agent", reply[:LINE], self._mark(reply)]],
            state.get("story", []),
        )
        return {
            **state,
            "profile": self.profile.known(),
            "window": window,
            "story": story,
            "agent": {
                "text": reply[:LINE],
                "asked": self.asked,
                "offered": [home.listing_id for home in self.listings],
            },
            "offered": [*older, *shown][-OFFERED:],
            "favorites": call.favorites,
            "pending": [
                *state.get("pending", []),
                *(row.action_id for row in call.proposals),
            ],
            "through": state["incoming"][-1]["turn"],
            "heard": None,
            "output": self._output(reply),
        }

    def _output(self, reply: str) -> Output:
        call = self.tools.call
        return {
            "reply": reply,
            "listings": [home.model_dump() for home in self.listings],
            "slots": [slot.model_dump(mode="json") for slot in self.slots],
            "retrieved": call.why.retrieved[:20],
            "rules": [*self.heard["rules"], *self.rules][:40],
            "events": [event.model_dump() for event in call.events],
            "handoff": call.handoff,
            "model": self.model.model_dump() if self.model else None,
        }

    def _mark(self, reply: str) -> str:
        call = self.tools.call
        return mark(
            listings=[home.name for home in self.listings],
            slots=bool(self.slots),
            asked_team=[row.description for row in call.proposals],
            topics=self.heard["topics"],
            outcome=reply if self.state["incoming"][0]["action_id"] else "",
            handoff=call.handoff is not None,
        )

    @property
    def _turn(self) -> int:
        return self.state["incoming"][-1]["turn"]


def offered(home: Listing, reason: str) -> OfferedListing:
    return OfferedListing(
        listing_id=home.listing_id,
        name=home.title,
        area=home.area,
        address=home.address,
        rent=home.rent,
        bedrooms=home.bedrooms,
        bathrooms=home.bathrooms,
        reason=reason,
    )
