"""Leads of portals, in the form in which the portal sends them."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request

from agent.errors import InvalidInput
from graphs.inbound.zillow import FIELDS, Intake, take_in
from server.actors import Actor
from server.deps import TheRuntime, scoped
from server.errors import problems
from server.scopes import Scope

router = APIRouter(prefix="/api/leads/intake", tags=["leads"])

Writer = Annotated[Actor, Depends(scoped(Scope.LEADS_WRITE))]
FORM = "application/x-www-form-urlencoded"
_MOST = 200
"""Fields of a form."""
_EXAMPLE = {
    "listingId": "mesa-101",
    "name": "Sam Lee",
    "email": "sam@lee.example",
    "movingDate": "20260401",
    "numBedroomsSought": "2",
    "message": "Is the two-bedroom still free?",
}


@router.post(
    "/zillow",
    summary="Take in a lead of Zillow Rentals",
    description="The form that Zillow sends. The lead gets a thread with what it wrote, and the "
    "agent answers there. The same person asking the same of the same home within 24 hours is a "
    "`duplicate`, and a 200 too. Income, credit and employment are neither stored nor logged; "
    "fields that are none of Zillow's are counted.",
    responses=problems(400, 401, 403, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {name: {"type": "string"} for name in FIELDS},
                    },
                    "example": _EXAMPLE,
                }
            },
        }
    },
)
async def zillow(request: Request, runtime: TheRuntime, actor: Writer) -> Intake:
    return await take_in(runtime, actor.tenant_id, await _form(request))


async def _form(request: Request) -> list[tuple[str, str]]:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise InvalidInput("content_type_unsupported", f"Send a form with Content-Type: {FORM}.")
    body = await request.body()
    try:
        return parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST, errors="strict"
        )
    except ValueError:
        raise InvalidInput(
            "body_malformed", f"The form cannot be read: UTF-8, at most {_MOST} fields."
        ) from None
