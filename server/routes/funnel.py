"""From the first word to the application, in figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from agent.insight.models import Funnel
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.moments import Moment
from server.scopes import Scope

router = APIRouter(prefix="/api/metrics", tags=["insight"])

Reader = Annotated[Actor, Depends(scoped(Scope.METRICS_READ))]


@router.get(
    "/funnel",
    summary="The funnel of a period",
    description="Of the conversations that began in it: the last 30 days, or from `from` until "
    "`to`, 366 days at most.",
    responses=problems(401, 403, 404),
)
async def funnel(
    services: TheServices,
    actor: Reader,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    community: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
) -> Funnel:
    return await services.insight.funnel(
        actor.tenant_id, since=since, until=until, community_id=community
    )
