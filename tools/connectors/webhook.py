import json

from agent.kit.retry import WEBHOOKS, Retry
from agent.outbox.models import Delivery, Refused
from agent.webhooks.service import WebhookService


class WebhookConnector:
    """Tells a subscriber of an event: its row says what and whom."""

    name = "webhook"
    idempotent = True
    retry: Retry = WEBHOOKS

    def __init__(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        if delivery.lane is None:
            raise Refused("an event without a subscription")
        body = json.dumps(delivery.args, separators=(",", ":")).encode()
        await self._webhooks.post(tenant_id, delivery.lane, delivery.key, body)
        return None
