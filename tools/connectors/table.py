"""Which connectors there are, and what uses them beside the requests."""

import random

from agent.outbox.dispatcher import Dispatcher
from agent.outbox.models import Connector
from agent.services import Services
from agent.webhooks.fan_out import FanOut
from tools.actions import ACTIONS
from tools.connectors.composio import ComposioConnector
from tools.connectors.record import RecordConnector
from tools.connectors.webhook import WebhookConnector
from tools.connectors.zapier import ZapierConnector
from tools.sending import may_leave


def connectors(services: Services) -> dict[str, Connector]:
    made: tuple[Connector, ...] = (
        RecordConnector(services.repository, services.clock),
        WebhookConnector(services.webhooks),
        ZapierConnector(services),
        ComposioConnector(services),
    )
    return {connector.name: connector for connector in made}


def make_dispatcher(services: Services, rng: random.Random | None = None) -> Dispatcher:
    return Dispatcher(
        services.repository,
        services.outbox.store,
        services.audit,
        services.clock,
        services.failpoints,
        connectors(services),
        rng or random.Random(),
        may_leave(services),
        services.telemetry,
    )


def make_fan_out(services: Services) -> FanOut:
    return FanOut(
        services.repository,
        services.events,
        services.webhooks,
        services.outbox,
        done_events=frozenset(
            action.done_event
            for action in ACTIONS.values()
            if action.external and action.done_event
        ),
    )
