"""The eight stages of a lead, for whoever shows them."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from agent.threads.models import SET_BY_PEOPLE, Stage
from server.listed import Listed

router = APIRouter(prefix="/api/leads", tags=["stages"])

_ABOUT = {
    Stage.QUALIFYING: ("Qualifying", "Learns what the lead is looking for."),
    Stage.SENDING_LIST: ("Sending a list", "Offers homes that meet the wishes."),
    Stage.SELECTING_FAVORITES: ("Selecting favorites", "Compares and narrows down the homes."),
    Stage.TOURING: ("Touring", "Agrees on a time to see a home."),
    Stage.APPLYING: ("Applying", "Shows criteria and fees, then starts an application."),
    Stage.APPROVAL: ("Approval", "The application is with the staff."),
    Stage.POST_CLOSE: ("After closing", "The lease is signed."),
    Stage.RENEWAL: ("Renewal", "The lease comes up for renewal."),
}


class StageInfo(BaseModel):
    name: Stage
    title: str
    description: str
    set_by: Literal["agent", "person"]


@router.get("/stages", summary="The eight stages of a lead")
async def stages() -> Listed[StageInfo]:
    items = [
        StageInfo(
            name=stage,
            title=title,
            description=description,
            set_by="person" if stage in SET_BY_PEOPLE else "agent",
        )
        for stage, (title, description) in _ABOUT.items()
    ]
    return Listed(items=items)
