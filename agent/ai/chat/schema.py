"""A pydantic model as the JSON schema a strict server accepts."""

from typing import Any

from pydantic import BaseModel

_NOT_STRICT = (
    "title", "default", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
)  # fmt: skip
"""Left out for the server; the answer is validated against the model itself anyway."""


def response_format(model: type[BaseModel]) -> dict[str, Any]:
    """`json_schema`, strict: every object closed, every property required."""
    return {
        "type": "json_schema",
        "json_schema": {
            "name": model.__name__,
            "strict": True,
            "schema": _strict(model.model_json_schema()),
        },
    }


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            strict[key] = {name: _strict(part) for name, part in value.items()}
        elif key in ("enum", "const"):
            strict[key] = value
        elif key not in _NOT_STRICT:
            strict[key] = _strict(value)
    if strict.get("type") == "object":
        strict["additionalProperties"] = False
        strict["required"] = list(strict.setdefault("properties", {}))
    return strict
