"""Whether the server lives, and whether it takes work."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from agent.errors import LatchkeyError
from server.deps import Serving

router = APIRouter(prefix="/api", tags=["health"])


class Health(BaseModel):
    status: Literal["ok", "degraded"]
    version: str
    database: Literal["embedded", "external", "unavailable"]
    policy: str
    vector_search: Literal["exact", "atlas"]
    """Exact scores, or Atlas's index."""


class Readiness(BaseModel):
    status: Literal["ready", "draining", "unavailable"]


@router.get("/healthz", summary="Whether the server lives, and on what")
async def healthz(request: Request, state: Serving) -> Health:
    reachable = await _reachable(state)
    settings = state.services.settings
    kind: Literal["embedded", "external"] = "external" if settings.mongodb_uri else "embedded"
    return Health(
        status="ok" if reachable else "degraded",
        version=request.app.version,
        database=kind if reachable else "unavailable",
        policy=settings.policy,
        vector_search=settings.vector_search,
    )


@router.get(
    "/readyz",
    summary="Whether the server takes work",
    responses={503: {"model": Readiness, "description": "Starting, draining, or no database"}},
)
async def readyz(response: Response, state: Serving) -> Readiness:
    if state.draining.is_set():
        response.status_code = 503
        return Readiness(status="draining")
    if not await _reachable(state):
        response.status_code = 503
        return Readiness(status="unavailable")
    return Readiness(status="ready")


async def _reachable(state: Serving) -> bool:
    try:
        await state.services.database.ping()
    except LatchkeyError:
        return False
    return True
