"""Everything the policy may call, and under which conditions. Enforced by the executor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from agent.listings.models import ListingQuery
from agent.threads.models import Stage
from tools import applications, leads, memory, messages, search, tours
from tools.call import Call


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"
    EXTERNAL = "external"  # only proposes; a person approves, the dispatcher delivers


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    effect: Effect
    args: type[BaseModel]
    run: Callable[[Call, Any], Awaitable[Any]]
    stages: frozenset[Stage]
    scope: str
    """What a caller with a credential needs to use it."""


_ALL = frozenset(Stage)
_LISTS = frozenset({Stage.SENDING_LIST, Stage.SELECTING_FAVORITES})
_LOOKS = _LISTS | {Stage.QUALIFYING, Stage.TOURING, Stage.APPLYING}
_TOURS = _LISTS | {Stage.TOURING, Stage.APPLYING}
_READ, _WRITE, _EXTERNAL = Effect

CATALOG = {
    tool.name: tool
    for tool in (
        Tool(
            "search_listings",
            _READ,
            ListingQuery,
            search.search_listings,
            _LOOKS,
            "listings:read",
        ),
        Tool(
            "listing_details",
            _READ,
            search.ListingArgs,
            search.listing_details,
            _ALL,
            "listings:read",
        ),
        Tool(
            "compare_listings",
            _READ,
            search.CompareArgs,
            search.compare_listings,
            _LOOKS,
            "listings:read",
        ),
        Tool(
            "search_knowledge",
            _READ,
            memory.LookupArgs,
            memory.search_knowledge,
            _ALL,
            "knowledge:read",
        ),
        Tool(
            "search_conversations",
            _READ,
            memory.LookupArgs,
            memory.search_conversations,
            _ALL,
            "threads:read",
        ),
        Tool("tour_slots", _READ, tours.SlotsArgs, tours.tour_slots, _TOURS, "tours:read"),
        Tool(
            "mark_favorite",
            _WRITE,
            search.ListingArgs,
            leads.mark_favorite,
            _LOOKS,
            "actions:write",
        ),
        Tool("hand_off", _WRITE, leads.HandOffArgs, leads.hand_off, _ALL, "actions:write"),
        Tool("opt_out", _WRITE, leads.OptOutArgs, leads.opt_out, _ALL, "actions:write"),
        Tool(
            "propose_tour",
            _EXTERNAL,
            tours.ProposeArgs,
            tours.propose_tour,
            _TOURS,
            "actions:write",
        ),
        Tool(
            "reschedule_tour",
            _EXTERNAL,
            tours.RescheduleArgs,
            tours.reschedule_tour,
            _ALL,
            "actions:write",
        ),
        Tool(
            "cancel_tour",
            _EXTERNAL,
            tours.CancelArgs,
            tours.cancel_tour,
            _ALL,
            "actions:write",
        ),
        Tool(
            "request_documents",
            _EXTERNAL,
            applications.DocumentsArgs,
            applications.request_documents,
            frozenset({Stage.APPLYING, Stage.APPROVAL}),
            "actions:write",
        ),
        Tool(
            "start_application",
            _EXTERNAL,
            applications.ApplyArgs,
            applications.start_application,
            frozenset({Stage.APPLYING}),
            "actions:write",
        ),
        Tool(
            "send_message",
            _EXTERNAL,
            messages.MessageArgs,
            messages.send_message,
            _TOURS,
            "actions:write",
        ),
    )
}
