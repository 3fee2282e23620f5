"""Adds up the measures of a data folder over what a system predicted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .dialogues import Call, Dialogue, Homes, Listing
from .inventory import meets
from .measures import Micro, Rate, Spellings, gold_pairs, pairs_of, same_visit, state_is_right
from .predictions import Prediction


@dataclass(slots=True)
class Scores:
    dialogues: int = 0
    entities: Micro = field(default_factory=Micro)
    states: Rate = field(default_factory=Rate)
    search_subset: Rate = field(default_factory=Rate)
    search_pure: Rate = field(default_factory=Rate)
    search_end_to_end: Rate = field(default_factory=Rate)
    visits: Rate = field(default_factory=Rate)
    visits_before_yes: int = 0

    def report(self) -> dict[str, Any]:
        scores = self.entities.report()
        return {
            "n_dialogues": self.dialogues,
            "n_turns": self.entities.turns,
            "entity_f1": scores["f1"],
            "entity_precision": scores["precision"],
            "entity_recall": scores["recall"],
            "per_slot": self.entities.per_field(),
            "exact_turn_rate": round(self.entities.exact / max(1, self.entities.turns), 4),
            "jga": self.states.value,
            "search_calls": self.search_subset.n,
            "search_subset_rate": self.search_subset.value,
            "search_pure_rate": self.search_pure.value,
            "search_end_to_end_rate": self.search_end_to_end.value,
            "visit_calls": self.visits.n,
            "visit_exact_rate": self.visits.value,
            "visits_before_yes": self.visits_before_yes,
        }


def score(homes: Homes, predictions: Iterable[Prediction]) -> Scores:
    by_turn = {(each.thread_id, each.turn): each for each in predictions}
    table = {listing.listing_id: listing for listing in homes.listings}
    scores = Scores(dialogues=len(homes.dialogues))
    for dialogue in homes.dialogues:
        ours = {
            turn.index: each
            for turn in dialogue.turns
            if (each := by_turn.get((dialogue.thread_id, turn.index)))
        }
        _score_leads(scores, dialogue, ours)
        _score_calls(scores, dialogue, ours, table)
        _score_bookings(scores, dialogue, ours)
    return scores


def _score_leads(scores: Scores, dialogue: Dialogue, ours: Mapping[int, Prediction]) -> None:
    spellings = Spellings(dialogue)
    for turn in dialogue.turns:
        if turn.role != "lead" or turn.label is None:
            continue
        mine = ours.get(turn.index)
        scores.entities.add(gold_pairs(turn.label), pairs_of(mine.entities if mine else {}))
        scores.states.add(
            mine is not None and state_is_right(turn.label.state, mine.state, spellings)
        )


def _score_calls(
    scores: Scores,
    dialogue: Dialogue,
    ours: Mapping[int, Prediction],
    table: Mapping[str, Listing],
) -> None:
    for turn in dialogue.turns:
        if turn.label is None or turn.label.call is None:
            continue
        call = turn.label.call
        if call.kind == "search":
            _score_search(scores, call, ours.get(turn.index), table)
        else:
            at = ours.get(turn.index), ours.get(turn.index - 1)
            scores.visits.add(
                any(mine and mine.visit and same_visit(call.parameters, mine.visit) for mine in at)
            )


def _score_search(
    scores: Scores, call: Call, mine: Prediction | None, table: Mapping[str, Listing]
) -> None:
    results = (mine and mine.results) or []
    own = (mine and mine.own_results) or []
    gold = set(call.result_ids)
    scores.search_subset.add(gold <= set(results))
    scores.search_pure.add(
        all(each in table and meets(table[each], call.parameters) for each in results)
    )
    scores.search_end_to_end.add(
        gold <= set(own)
        and all(each in table and meets(table[each], call.parameters) for each in own)
    )


def _score_bookings(scores: Scores, dialogue: Dialogue, ours: Mapping[int, Prediction]) -> None:
    """A booking without an annotated yes at its turn or just before it came too early."""
    yes = {
        turn.index
        for turn in dialogue.turns
        if turn.role == "lead" and turn.label and turn.label.says("AFFIRM")
    }
    for index, mine in ours.items():
        if mine.visit and not {index, index - 1} & yes:
            scores.visits_before_yes += 1
