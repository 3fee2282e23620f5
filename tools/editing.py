"""Arguments as people and other inboxes send them back: typed anew, and only some may differ."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from agent.approvals.models import Approval, Args
from agent.errors import InvalidInput
from tools import applications, messages, tours

STORED: dict[str, type[BaseModel]] = {
    "schedule_tour": tours.TourArgs,
    "reschedule_tour": tours.MoveArgs,
    "cancel_tour": tours.CancelStored,
    "apply_now": applications.ApplyStored,
    "request_docs": applications.DocumentsStored,
    "send_message": messages.MessageStored,
}
EDITABLE: dict[str, frozenset[str]] = {
    "schedule_tour": frozenset({"starts_at"}),
    "reschedule_tour": frozenset({"starts_at"}),
    "cancel_tour": frozenset({"reason"}),
    "apply_now": frozenset(),
    "request_docs": frozenset({"documents"}),
    "send_message": frozenset({"text", "channel"}),
}


async def coerce(approval: Approval, edited: Args) -> Args:
    """The stored arguments with `edited` over them, typed anew; only EDITABLE ones may differ.

    Raises InvalidInput `approval_edit_invalid`.
    """
    model = STORED[approval.action]
    merged: dict[str, Any] = {**approval.args, **edited}
    try:
        parsed = model.model_validate(from_text(model, merged)).model_dump(
            mode="json", exclude_none=True
        )
    except ValidationError as error:
        raise InvalidInput(
            "approval_edit_invalid",
            "These arguments cannot be carried out; nothing was decided.",
            details=error.errors(include_url=False, include_input=False, include_context=False),
        ) from None
    fixed = {
        name
        for name in parsed.keys() | approval.args.keys()
        if parsed.get(name) != approval.args.get(name) and name not in EDITABLE[approval.action]
    }
    if fixed:
        raise InvalidInput(
            "approval_edit_invalid", f"These cannot be edited: {', '.join(sorted(fixed))}."
        )
    return parsed


def from_text(model: type[BaseModel], args: Mapping[str, Any]) -> dict[str, Any]:
    """`args` with each text read as what its field holds: JSON, or a number such as "1,800".

    What fits as it is stays as it is; what can be read in no way stays for the model to refuse.
    """
    return {
        name: _read(model, name, value)
        if isinstance(value, str) and name in model.model_fields
        else value
        for name, value in args.items()
    }


def _read(model: type[BaseModel], name: str, text: str) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(model.model_fields[name].annotation or Any)
    for reading in (_as_it_is, _as_json, _as_number):
        try:
            value = reading(text)
            adapter.validate_python(value)
        except (ValueError, RecursionError):
            continue
        return value
    return text


def _as_it_is(text: str) -> Any:
    return text


def _as_json(text: str) -> Any:
    return json.loads(text)


def _as_number(text: str) -> Any:
    return text.replace(",", "").strip()
