"""What must be provable later: every decision, and every look at a person's data."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.moments import Moment
from server.scopes import Scope

router = APIRouter(prefix="/api/audit", tags=["insight"])

Reader = Annotated[Actor, Depends(scoped(Scope.AUDIT_READ))]
Name = Annotated[str | None, Query(min_length=1, max_length=200)]


class AuditItem(BaseModel):
    audit_id: str
    at: datetime
    kind: str
    """noun.verb, such as approval.approved."""
    subject: str
    """The id it is about."""
    thread_id: str | None
    actor: str
    data: dict[str, Any]
    seq: int | None
    """Its place in the tenant's chain; null until it is sealed, within seconds."""


@router.get("", summary="The audit, the newest first", responses=problems(401, 403))
async def audit(
    services: TheServices,
    actor: Reader,
    thread_id: Name = None,
    by: Annotated[
        Name, Query(alias="actor", description="Exactly as it stands there, such as `key:…`.")
    ] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[AuditItem]:
    page = await services.audit.store.page(
        actor.tenant_id,
        thread_id=thread_id,
        actor=by,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    items = [AuditItem.model_validate(dict(record)) for record in page.items]
    return Listed(items=items, next_cursor=page.next_cursor)
