"""The tools of a stage as a model is shown them: strict JSON schemas, always in the same order."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from agent.ai.chat import ChatTool
from graphs.leasing.policy import StageSpec
from graphs.leasing.turn import Turn
from prompts import load
from tools.catalog import CATALOG, Effect

HIDDEN = frozenset({"contact", "community_id", "exact_bathrooms", "starts_at"})
"""Arguments that are never a model's to fill in."""
_KEPT = frozenset({"type", "enum", "items", "anyOf", "description", "const"})


def offered(stage: StageSpec, turn: Turn) -> list[str]:
    """What this stage lists and the executor allows; never more."""
    return sorted({*turn.tools.names()} & {*stage.tools})


def described(names: list[str]) -> list[ChatTool]:
    return [_definition(name) for name in names]


def external(name: str) -> bool:
    """Whether it would wait for a person: then the lead is asked for a yes first."""
    return CATALOG[name].effect is Effect.EXTERNAL


class _Strict(ChatTool):
    """A tool whose arguments a server must keep to the schema."""

    def declared(self) -> dict[str, Any]:
        declared = super().declared()
        declared["function"]["strict"] = True
        return declared


@cache
def _definition(name: str) -> ChatTool:
    tool = CATALOG[name]
    words = load("leasing/tools").templates.get(name)
    description = words.render({}) if words else (tool.run.__doc__ or name)
    return _Strict(name, description, strict(tool.args.model_json_schema()))


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object schema as strict mode wants it: closed, all required, what is optional nullable.

    Limits of length and size stay out; the executor checks them.
    """
    definitions = schema.get("$defs", {})
    needed = schema.get("required", [])
    properties = {
        name: _plain(part, definitions, optional=name not in needed)
        for name, part in schema.get("properties", {}).items()
        if name not in HIDDEN
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _plain(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], *, optional: bool
) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _plain(definitions[name], definitions, optional=optional)
    if schema.get("type") == "object":
        return strict({**schema, "$defs": definitions})
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if "items" in kept:
        kept["items"] = _plain(kept["items"], definitions, optional=False)
    if "anyOf" in kept:
        options = [_plain(part, definitions, optional=False) for part in kept.pop("anyOf")]
        kept |= _union(options)
    elif optional and kept.get("type") != "array":
        kept["type"] = [kept["type"], "null"]
    return kept


def _union(options: list[dict[str, Any]]) -> dict[str, Any]:
    """`{"type": ["string", "null"]}` where plain types are all there is, which reads shorter."""
    if all(option.keys() == {"type"} for option in options):
        return {"type": [option["type"] for option in options]}
    return {"anyOf": options}
