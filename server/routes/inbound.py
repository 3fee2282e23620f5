"""Webhooks from other programs; who signs them is known by the secret of the source."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError

from agent.errors import InvalidInput
from graphs.inbound.events import Envelope
from graphs.inbound.receive import Received, receive, repeated
from server.body import parsed
from server.deps import Id, TheRuntime
from server.errors import problems

router = APIRouter(prefix="/api/webhooks/inbound", tags=["webhooks"])

_EXAMPLE = {
    "type": "message.received",
    "data": {"channel": "sms", "from": "+15035550142", "text": "Is the two-bedroom free?"},
}
_HEADERS: list[dict[str, Any]] = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "example": said}
    for name, said in (
        ("webhook-id", "msg_2f9c"),
        ("webhook-timestamp", "1772474400"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    )
]


@router.post(
    "/{source}",
    summary="Tell of an event",
    description="Signed as Standard Webhooks says, over the raw body, with the secret that "
    "`latchkey webhook-source add` printed. Known types: `lead.created`, `message.received` "
    "(channel sms, email or chat; the agent answers), `tour.updated`; any other is taken and "
    "`ignored`. The same `webhook-id` again within 24 hours is a `duplicate` without an effect, "
    "whatever its body.",
    responses=problems(400, 401, 404, 409, 413),
    openapi_extra={
        "parameters": _HEADERS,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": Envelope.model_json_schema(), "example": _EXAMPLE}
            },
        },
    },
)
async def inbound(source: Id, request: Request, runtime: TheRuntime) -> Received:
    body = await request.body()
    teller, verified = await runtime.services.inbound.verify(source, request.headers.items(), body)
    if known := await repeated(runtime.services, teller, verified):
        return known
    try:
        envelope = Envelope.model_validate(parsed(body))
    except ValidationError:
        raise InvalidInput(
            "event_invalid", 'Send {"type": …, "data": {…}}; nothing was done.'
        ) from None
    return await receive(runtime, teller, verified, envelope.type, envelope.data)
