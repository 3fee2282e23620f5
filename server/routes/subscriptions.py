"""Who hears of events: subscriptions as Zapier's REST hooks make them, and samples."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agent.errors import NotFound
from agent.events.models import OUTBOUND
from agent.services import Services
from agent.webhooks.models import Subscription
from agent.webhooks.samples import SAMPLES
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])

Reader = Annotated[Actor, Depends(scoped(Scope.WEBHOOKS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.WEBHOOKS_WRITE))]
EventName = Annotated[str, Field(max_length=80, examples=["tour.booked"])]


class NewSubscription(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "target_url": "https://hooks.example.com/standard/1/abc",
                "events": ["tour.booked", "lead.created"],
            }
        },
    )

    target_url: str = Field(min_length=1, max_length=2000)
    """A public https:// URL."""
    events: list[EventName] = Field(min_length=1, max_length=len(OUTBOUND))
    expiration_date: AwareDatetime | None = None
    """Nothing is sent from then on; without one it stands until it is deleted."""


class SubscriptionItem(BaseModel):
    id: str
    target_url: str
    events: list[str]
    expiration_date: datetime | None
    status: Literal["active", "disabled"]
    """disabled: the target has not answered for days; subscribe anew."""
    created_at: datetime

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionItem":
        return cls.model_validate({**dict(subscription), "id": subscription.subscription_id})


class Subscribed(SubscriptionItem):
    secret: str | None
    """Signs what is sent (Standard Webhooks); shown once, null where the subscription stood."""


class Sample(BaseModel):
    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any]


@router.post(
    "/subscriptions",
    summary="Subscribe a target to events",
    status_code=201,
    responses={
        200: {"model": Subscribed, "description": "The same subscription stood already"},
        **problems(401, 403, 409, 422),
    },
)
async def subscribe(
    services: TheServices, actor: Writer, body: NewSubscription, response: Response
) -> Subscribed:
    subscription, secret = await services.webhooks.subscribe(
        actor.tenant_id, body.target_url, body.events, body.expiration_date
    )
    await _audited(services, actor, "added" if secret else "renewed", subscription.subscription_id)
    if secret is None:
        response.status_code = 200
    return Subscribed(**dict(SubscriptionItem.of(subscription)), secret=secret)


@router.get(
    "/subscriptions", summary="Subscriptions, the newest first", responses=problems(401, 403)
)
async def list_subscriptions(services: TheServices, actor: Writer) -> Listed[SubscriptionItem]:
    standing = await services.webhooks.subscriptions(actor.tenant_id)
    return Listed(items=[SubscriptionItem.of(each) for each in standing])


@router.delete(
    "/subscriptions/{subscription_id}",
    summary="Unsubscribe",
    status_code=204,
    responses=problems(401, 403, 404),
)
async def unsubscribe(services: TheServices, actor: Writer, subscription_id: Id) -> None:
    await services.webhooks.unsubscribe(actor.tenant_id, subscription_id)
    await _audited(services, actor, "removed", subscription_id)


@router.get(
    "/samples/{event}",
    summary="What a subscriber gets, as examples",
    responses=problems(401, 403, 404),
)
async def samples(
    actor: Reader, event: Annotated[str, Path(max_length=80, examples=["tour.booked"])]
) -> list[Sample]:
    if event not in SAMPLES:
        raise NotFound(
            "event_unknown", f"There is no event {event!r}; there are {', '.join(sorted(SAMPLES))}."
        )
    return [Sample.model_validate(sample) for sample in SAMPLES[event]]


async def _audited(services: Services, actor: Actor, done: str, subscription_id: str) -> None:
    # not where to: the URL of a hook is often its secret
    await services.audit.record(
        actor.tenant_id, f"subscription.{done}", subscription_id, {}, actor=actor.name
    )
