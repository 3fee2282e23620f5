"""What is read from one lead message, and what is needed to read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

Value = str | int | float | bool | list[str] | date
Entities = dict[str, Value]
"""Profile field -> value. Fields: budget (int USD a month), move_date (date), areas (list of
str), bedrooms (int, 0 = studio), bathrooms (float), pets, furnished, parking, in_unit_laundry
(bool), lease_months (int), occupants (int), preferences (list of str), tour_date (date),
property (str). Also rent (int), address (str) and phone (str) where a lead names them of a
listing."""


class Intent(StrEnum):
    """What a lead wants with a message; one message may hold several."""

    GREET = "greet"
    FIND = "find"  # look for a home, or change what is looked for
    MORE = "more"  # other options than those offered
    ASK = "ask"  # a question; see `topics`
    SELECT = "select"  # likes or chooses an offered home
    REJECT = "reject"  # does not want the offered home
    FAVORITE = "favorite"  # save it for later
    COMPARE = "compare"
    TOUR = "tour"
    RESCHEDULE = "reschedule_tour"
    CANCEL_TOUR = "cancel_tour"
    CANCEL = "cancel"  # a bare "cancel": ask which
    APPLY = "apply"
    DOCUMENTS = "documents"  # what papers are needed, please send the list
    AFFIRM = "affirm"
    NEGATE = "negate"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    HUMAN = "human"  # wants a person
    BOT_QUESTION = "bot_question"  # "am I talking to a human?"
    SMALLTALK = "smalltalk"
    OPT_OUT = "opt_out"
    # the fair-housing paths of the compliance rules
    ANIMAL = "assistance_animal"  # service, support, emotional-support animal
    ACCOMMODATION = "accommodation"  # asks for a change because of a disability
    VOUCHER = "voucher"
    STEERING = "steering"  # asks to characterise residents or a neighbourhood
    SCREENING = "screening"  # "will I qualify?", "would you approve me?"
    RECORD = "criminal_record"
    IMMIGRATION = "immigration"


Topic = Literal[
    "pets",
    "furnished",
    "parking",
    "in_unit_laundry",
    "rent",
    "bedrooms",
    "bathrooms",
    "address",
    "phone",
    "areas",
    "availability",
    "fees",
    "deposit",
    "criteria",
    "lease_months",
    "hours",
    "specials",
    "utilities",
    "smoking",
    "amenities",
    "documents",
    "policy",
    "move_date",
    "tour_time",
    "own_tour",
    "name",
    "elevator",
    "photos",
    "size",
    "other",
]
"""What a question is about. `documents` is also what to bring or send for an application."""


Talk = Literal["homes", "other", ""]
"""Whether words are about homes or about something else (a ride, a calendar); empty: unclear."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A home the server has offered to this thread, in the order of the offer (1st, 2nd, 3rd)."""

    listing_id: str
    name: str
    address: str = ""
    area: str = ""
    rent: int | None = None
    bedrooms: int | None = None
    bathrooms: float | None = None


@dataclass(frozen=True, slots=True)
class SlotOption:
    """A tour slot the server has offered, in the community's local time."""

    slot_id: str
    starts: datetime


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """What the agent said last: what it asked, what it offered, what it wants confirmed."""

    text: str = ""
    asked: tuple[str, ...] = ()
    """Profile fields it asked for ("areas", "bedrooms", "tour_date", "property", "contact", …), or
    "confirm" (waits for a yes to an action), "tour" (offers to book a visit), "search" (confirms a
    search), "more" (anything else?), "slot" (which of the offered times)."""
    offered: tuple[str, ...] = ()
    """listing_ids it offered in this turn."""
    confirming: Mapping[str, Value] = field(default_factory=dict)
    """What a yes would confirm: fields and values (property, tour_date, bedrooms, …)."""
    homes: tuple[Candidate, ...] = ()
    """Homes it described, as read from its words; `listing_id` is empty outside the shortlist."""
    about: Talk = ""
    mentioned: Mapping[str, Value] = field(default_factory=dict)
    """`areas` and `tour_date` it spoke of, whatever the talk was about."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The names of one tenant's inventory, for exact resolution. Data, never code."""

    areas: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything `understand` may look at besides the text."""

    today: date
    """The date in the community's zone that relative dates refer to."""
    known: Mapping[str, Value] = field(default_factory=dict)
    """The profile so far."""
    agent: AgentTurn = AgentTurn()
    shortlist: tuple[Candidate, ...] = ()
    focus: str | None = None
    """listing_id the conversation is about, if one."""
    slots: tuple[SlotOption, ...] = ()
    gazetteer: Gazetteer = Gazetteer()
    mentioned: Mapping[str, Value] = field(default_factory=dict)
    """The latest `areas` and `tour_date` anyone spoke of: what "there" and "that day" mean."""
    mixed: bool = False
    """The conversation serves other errands too (rides, tables, tickets), so that what is said of
    them is no wish about homes."""
    aside: bool = False
    """The talk had left homes before this message (`Understanding.aside` of the turn before)."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message says. Pure data; applying it to a profile is the lead's business."""

    entities: Entities = field(default_factory=dict)
    """Values this message informs. A correction replaces the old value; `areas` names the new
    whole list."""
    cleared: frozenset[str] = frozenset()
    """Fields the lead withdrew ("any area is fine", "forget the pets")."""
    intents: tuple[Intent, ...] = ()
    """Most specific first; empty when nothing was understood."""
    topics: tuple[Topic, ...] = ()
    """What the message asks about."""
    references: tuple[str, ...] = ()
    """listing_ids of the shortlist meant by "the second one", "the cheaper one", a name or an
    address."""
    slot_ids: tuple[str, ...] = ()
    """Offered slots the message chooses ("the first time", "Tuesday at 3 works")."""
    tour_time: time | None = None
    """A local time of day asked for."""
    accepted: Entities = field(default_factory=dict)
    """Values the agent proposed that this message affirms (kept apart from what was said)."""
    mentioned: Entities = field(default_factory=dict)
    """Places (`areas`) and a date (`tour_date`) spoken of, whatever the talk was about."""
    aside: bool = False
    """The message ends in talk about something other than homes."""
    rules: tuple[str, ...] = ()
    """Names of the rules that fired, for the explanation of a reply."""

    def has(self, *intents: Intent) -> bool:
        return any(intent in self.intents for intent in intents)
