"""The tools of a stage as a model is shown them: short schemas, always in the same order."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from agent.ai.chat import ChatTool
from graphs.leasing.model.retrieval import helps
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from prompts import load
from tools.catalog import CATALOG, Effect

HIDDEN = frozenset({"contact", "community_id", "exact_bathrooms", "starts_at", "k", "reason"})
"""Arguments that are not a model's to fill in, unless they are required."""
_KEPT = frozenset({"type", "enum", "items", "description", "const"})


def offered(stage: StageSpec, turn: Turn, *, has_tour: bool) -> list[str]:
    """What this stage lists and the executor allows, never more; without what has no object yet."""
    homes = {*turn.tools.call.listings}
    idle: set[str] = set()
    if not homes:
        idle |= {"listing_details", "mark_favorite", "tour_slots"}
    if len(homes) < 2:
        idle.add("compare_listings")
    if not turn.state.get("slots"):
        idle |= {"propose_tour", "reschedule_tour"}
    if not has_tour:
        idle |= {"reschedule_tour", "cancel_tour"}
    if not homes and not has_tour:
        idle.add("start_application")
    if not helps(turn):
        idle |= {"search_knowledge", "search_conversations"}
    return sorted({*turn.tools.names()} & {*stage.tools} - idle)


def described(names: list[str]) -> list[ChatTool]:
    return [_definition(name) for name in names]


def external(name: str) -> bool:
    """Whether it would wait for a person: then the lead is asked for a yes first."""
    return CATALOG[name].effect is Effect.EXTERNAL


@cache
def _definition(name: str) -> ChatTool:
    tool = CATALOG[name]
    words = load("leasing/tools").templates.get(name)
    description = words.render({}) if words else (tool.run.__doc__ or name)
    return ChatTool(name, description, slim(tool.args.model_json_schema()))


def slim(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a tool in few words; limits stay out, the executor checks them.

    Not in strict mode, which makes a model write out every argument it does not use.
    """
    definitions = schema.get("$defs", {})
    needed = [*schema.get("required", [])]
    properties = {
        name: _plain(part, definitions)
        for name, part in schema.get("properties", {}).items()
        if name in needed or name not in HIDDEN
    }
    if "slot_id" in properties and "slot_id" not in needed:
        needed.append("slot_id")  # else it is `starts_at`, which is hidden
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        options = [part for part in schema["anyOf"] if part != {"type": "null"}]
        plain = [_plain(part, definitions) for part in options]
        return plain[0] if len(plain) == 1 else {"anyOf": plain}
    kept = {name: value for name, value in schema.items() if name in _KEPT}
    if "items" in kept:
        kept["items"] = _plain(kept["items"], definitions)
    return kept
