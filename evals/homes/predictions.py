"""What a system says of each turn: the lines others can check, and the input of the scores."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .dialogues import DONT_CARE, Dialogue, Homes
from .inventory import Search, exact_search, gazetteer_of, resolver_of
from .replay import LeadTurn, replay


@dataclass(frozen=True, slots=True)
class Prediction:
    """One turn, in project fields."""

    thread_id: str
    turn: int
    entities: Mapping[str, Any]
    state: Mapping[str, Any]
    stage: str
    results: list[str] | None = None
    """At a search of the annotated agent: ids found with its parameters."""
    own_results: list[str] | None = None
    """At the same turn: ids found with what was understood so far."""
    visit: Mapping[str, Any] | None = None
    """`{property, tour_date, approved}` where a visit is really booked."""

    def line(self) -> str:
        values = {
            "thread_id": self.thread_id,
            "turn": self.turn,
            "entities": self.entities,
            "state": self.state,
            "stage": self.stage,
            "results": self.results,
            "own_results": self.own_results,
            "visit": self.visit,
        }
        kept = {name: value for name, value in values.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no JSON form")


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{prediction.line()}\n" for prediction in predictions)


def measured(values: Mapping[str, Any], homes: Homes) -> dict[str, Any]:
    fields = set(homes.fields.values())
    return {name: value for name, value in values.items() if name in fields}


def entities_of(turn: LeadTurn, homes: Homes) -> dict[str, Any]:
    """What the turn said; a field the lead withdrew reads as `dontcare`."""
    withdrawn = dict.fromkeys(turn.understanding.cleared, DONT_CARE)
    return measured({**turn.understanding.entities, **withdrawn}, homes)


def predict(homes: Homes) -> Iterator[Prediction]:
    """The understanding alone: a visit counts as booked on the yes, a search is exact."""
    gazetteer, resolve = gazetteer_of(homes.listings), resolver_of(homes.listings)
    search = exact_search(homes.listings)
    for dialogue in homes.dialogues:
        yield from _predict_dialogue(
            dialogue, homes, search, list(replay(dialogue, gazetteer, resolve))
        )


def _predict_dialogue(
    dialogue: Dialogue, homes: Homes, search: Search, outcomes: list[LeadTurn]
) -> Iterator[Prediction]:
    before = dict(zip((outcome.turn.index + 1 for outcome in outcomes), outcomes, strict=True))
    for outcome in outcomes:
        profile = outcome.profile
        yield Prediction(
            thread_id=dialogue.thread_id,
            turn=outcome.turn.index,
            entities=entities_of(outcome, homes),
            state=measured(profile, homes),
            stage=outcome.stage,
            visit={
                "property": profile.get("property"),
                "tour_date": profile.get("tour_date"),
                "approved": True,
            }
            if outcome.books
            else None,
        )
    for turn in dialogue.turns:
        last = before.get(turn.index)
        if last is None or turn.label is None or turn.label.call is None:
            continue
        if turn.label.call.kind == "search":
            criteria = {
                name: value
                for name, value in measured(last.profile, homes).items()
                if name not in ("property", "tour_date")
            }
            yield Prediction(
                thread_id=dialogue.thread_id,
                turn=turn.index,
                entities={},
                state=measured(last.profile, homes),
                stage=last.stage,
                results=search(turn.label.call.parameters),
                own_results=search(criteria),
            )
