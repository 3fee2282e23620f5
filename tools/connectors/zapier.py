import json
from typing import Any

from agent.kit.retry import WEBHOOKS, Retry
from agent.outbox.models import Delivery, Readdressed, Refused
from agent.services import Services
from tools.actions import ACTIONS
from tools.connectors.content import Content, content

_OWN = ("tour_id", "starts_at", "contact", "hold_id")
"""Arguments that are told otherwise, or are ours alone."""


class ZapierConnector:
    """Has an action carried out by whoever subscribes to its event: signed, with the contact."""

    name = "zapier"
    idempotent = True
    retry: Retry = WEBHOOKS

    def __init__(self, services: Services) -> None:
        self._services = services

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        event = ACTIONS[delivery.action].done_event
        assert event is not None
        if delivery.lane is None:
            listening = await self._services.webhooks.listening(tenant_id, event)
            if not listening:
                raise Refused(f"nobody subscribes to {event}")
            raise Readdressed([subscription.subscription_id for subscription in listening])
        full = await content(self._services, tenant_id, delivery)
        payload = {
            "id": delivery.key,
            "type": event,
            "timestamp": delivery.created_at,
            "data": _data(delivery, full),
        }
        body = json.dumps(payload, separators=(",", ":"), default=_plain).encode()
        await self._services.webhooks.post(tenant_id, delivery.lane, delivery.key, body)
        return None


def _data(delivery: Delivery, full: Content) -> dict[str, Any]:
    data: dict[str, Any] = {
        "action": delivery.action,
        "action_id": delivery.action_id,
        "thread_id": delivery.thread_id,
        "contact": full.contact.model_dump(),
        "community": full.community.name,
        "address": full.address,
    }
    data |= {name: value for name, value in delivery.args.items() if name not in _OWN}
    if full.listing is not None:
        data |= {"home": full.listing.name, "unit": full.listing.unit, "rent": full.listing.rent}
    if delivery.action == "apply_now":
        data["application_url"] = full.community.application_url
    return data | full.touring()


def _plain(value: Any) -> str:
    return str(value.isoformat())
