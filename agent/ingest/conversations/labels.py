"""Stage, entities and profile of past turns, read by the code that reads live ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from agent.ai.understanding import Memory, Stage, read_agent_turn, stage_of, understand
from agent.ai.understanding.models import AgentTurn, Candidate, Gazetteer, Value
from agent.ingest.conversations.models import Line
from agent.ingest.conversations.roles import Side
from agent.leads.models import LeadProfile
from agent.leads.profile import updated

_STAGES: tuple[Stage, ...] = ("sending_list", "selecting_favorites", "touring", "applying")
_SEEN = 12
"""Turns before a part that a guess may look at."""
Guess = Callable[[Sequence[tuple[Side, str]]], Sequence[str]]
"""The stage of each turn of a conversation, of who speaks and what they say."""
_TOUR_ASKED = frozenset(("tour", "tour_date", "slot"))


@dataclass(slots=True)
class Reading:
    """What is known of a conversation after the turns read so far."""

    memory: Memory = field(default_factory=lambda: Memory(mixed=True))
    profile: LeadProfile = field(default_factory=LeadProfile)
    known: Mapping[str, Value] = field(default_factory=dict)
    stage: Stage = "qualifying"
    outcome: str = "qualifying"
    """The stage that the thread is left in."""
    reached: set[str] = field(default_factory=set)
    said: list[tuple[Side, str]] = field(default_factory=list)
    """The last turns, where stages are guessed."""
    day: date | None = None
    """Of the latest turn with a known time."""
    begun: datetime | None = None
    ended: datetime | None = None

    @property
    def labels(self) -> list[str]:
        """ "qualified" once place or price and size are known, then the stages it came to."""
        where = self.profile.areas or self.profile.budget is not None
        qualified = ["qualified"] if where and self.profile.bedrooms is not None else []
        return [*qualified, *(stage for stage in _STAGES if stage in self.reached)]


class Labeller:
    """`today` stands in for the day of turns whose time is unknown; `guess` overrules the rules."""

    def __init__(
        self, gazetteer: Gazetteer, zone: tzinfo, today: date, guess: Guess | None = None
    ) -> None:
        self._gazetteer = gazetteer
        self._zone = zone
        self._today = today
        self._guess = guess

    def label(self, lines: Sequence[Line], reading: Reading) -> None:
        """Give every line its stage and entities; `reading` goes on from where it stands."""
        for line in lines:
            if line.timestamp is not None:
                reading.day = self._day(line.timestamp)
                reading.begun = min(reading.begun or line.timestamp, line.timestamp)
                reading.ended = max(reading.ended or line.timestamp, line.timestamp)
            today = reading.day or self._today
            if line.side == "agent":
                line.stage = self._agent(line, reading, today)
            else:
                line.stage = self._lead(line, reading, today)
        if self._guess:
            _overrule(lines, reading, self._guess)
        for line in lines:
            reading.reached.add(str(line.stage))
            if line.side == "lead":
                reading.outcome = str(line.stage)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _agent(self, line: Line, reading: Reading, today: date) -> str:
        turn = read_agent_turn(
            line.text, gazetteer=self._gazetteer, shortlist=reading.memory.shortlist, today=today
        )
        reading.memory = reading.memory.after_agent(turn, _named)
        return _stage_of_agent(reading.memory.agent, reading.stage)

    def _lead(self, line: Line, reading: Reading, today: date) -> str:
        context = reading.memory.context(today, reading.known, self._gazetteer)
        said = understand(line.text, context)
        if said.entities or said.accepted or said.cleared:
            reading.profile = updated(reading.profile, said)
            reading.known = _known(reading.profile)
            line.entities = {name: _plain(value) for name, value in said.entities.items()}
        reading.stage = stage_of(
            reading.stage, said, reading.known, has_shortlist=bool(reading.memory.shortlist)
        )
        reading.memory = reading.memory.after_lead(said)
        return reading.stage


def _overrule(lines: Sequence[Line], reading: Reading, guess: Guess) -> None:
    turns = [*reading.said, *((line.side, line.text) for line in lines)]
    for line, stage in zip(lines, guess(turns)[len(reading.said) :], strict=True):
        line.stage, line.guessed = stage, True
    reading.said = turns[-_SEEN:]


def _stage_of_agent(turn: AgentTurn, current: Stage) -> Stage:
    """What an agent's line works towards: it offers homes, arranges a tour, or goes on."""
    if turn.confirming or _TOUR_ASKED & {*turn.asked}:
        return "touring"
    return "sending_list" if turn.homes else current


def _named(home: Candidate) -> Candidate:
    """A home of a transcript goes by its name: the inventory of that day is gone."""
    return home if home.listing_id else replace(home, listing_id=f"said:{home.name.casefold()}")


def _known(profile: LeadProfile) -> dict[str, Value]:
    return {name: value for name, value in dict(profile).items() if value not in (None, [])}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
