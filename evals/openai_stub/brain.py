"""The answer of a stub nobody gave a brain: the last words of the user, in the form asked for."""

import json
from typing import Any

from .models import Reply


def echo(request: dict[str, Any]) -> Reply:
    """What the user said last; for a JSON schema its smallest instance with that text in it."""
    said = ""
    for message in request["messages"]:
        if message["role"] == "user" and isinstance(message.get("content"), str):
            said = message["content"]
    schema = (request.get("response_format") or {}).get("json_schema", {}).get("schema")
    if schema is None:
        return Reply(said)
    value = _smallest(schema, schema.get("$defs", {}))
    for name, field in schema.get("properties", {}).items():
        if field.get("type") == "string" and "enum" not in field:
            value[name] = said
            break
    return Reply(json.dumps(value))


def _smallest(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _smallest(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        choices = schema["anyOf"]
        return None if {"type": "null"} in choices else _smallest(choices[0], defs)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        return {name: _smallest(field, defs) for name, field in fields.items()}
    empty: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}
    return empty.get(schema.get("type", ""))
