"""Carries an action out through Composio's tools; which tool it is stands in one table."""

import asyncio
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.errors import TooBusy, Unavailable
from agent.kit.retry import SOON, Retry
from agent.outbox.models import Delivery, Refused
from agent.services import Services
from agent.tenants.models import Toolkit
from agent.tours.models import Tour
from tools.connectors.content import Content, content

if TYPE_CHECKING:
    from composio_client import APIStatusError

CALL_SECONDS = 15.0
LOAD_SECONDS = 4.0

Arguments = Callable[[Delivery, Content, str | None], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Tool:
    slug: str
    toolkit: Toolkit
    arguments: Arguments
    makes: str | None = None
    """Where its answer names the thing it made."""


def _event(delivery: Delivery, full: Content, reference: str | None) -> dict[str, Any]:
    tour = _tour(full)
    minutes = int((tour.ends_at - tour.starts_at).total_seconds()) // 60
    return {
        "calendar_id": "primary",
        "start_datetime": _local(full, tour.starts_at),
        "timezone": tour.zone,
        "event_duration_hour": minutes // 60,
        "event_duration_minutes": minutes % 60,
        **_described(full),
    }


def _moved(delivery: Delivery, full: Content, reference: str | None) -> dict[str, Any]:
    tour = _tour(full)
    return {
        "calendar_id": "primary",
        "event_id": _known(reference),
        "start_datetime": _local(full, tour.starts_at),
        "end_datetime": _local(full, tour.ends_at),
        "timezone": tour.zone,
        **_described(full),
    }


def _removed(delivery: Delivery, full: Content, reference: str | None) -> dict[str, Any]:
    return {"calendar_id": "primary", "event_id": _known(reference)}


def _email(subject: str, text: Callable[[Delivery, Content], str]) -> Arguments:
    def arguments(delivery: Delivery, full: Content, reference: str | None) -> dict[str, Any]:
        if not full.contact.email:
            raise Refused("contact_missing")
        return {
            "recipient_email": full.contact.email,
            "subject": f"{full.community.name}: {subject}",
            "body": text(delivery, full),
            "is_html": False,
        }

    return arguments


def _text(delivery: Delivery, full: Content, reference: str | None) -> dict[str, Any]:
    if not full.contact.phone:
        raise Refused("contact_missing")
    return {"to": full.contact.phone, "body": str(delivery.args["text"])}


def _documents(delivery: Delivery, full: Content) -> str:
    listed = "\n".join(f"- {name}" for name in delivery.args["documents"])
    return f"Please send us these documents for your application:\n{listed}"


def _apply(delivery: Delivery, full: Content) -> str:
    if not full.community.application_url:
        raise Refused("application_url_missing")
    home = full.listing.name if full.listing else full.community.name
    return f"You can apply for {home} here: {full.community.application_url}"


TOOLS: dict[str, Tool] = {
    "schedule_tour": Tool("GOOGLECALENDAR_CREATE_EVENT", "googlecalendar", _event, makes="id"),
    "reschedule_tour": Tool("GOOGLECALENDAR_UPDATE_EVENT", "googlecalendar", _moved, makes="id"),
    "cancel_tour": Tool("GOOGLECALENDAR_DELETE_EVENT", "googlecalendar", _removed),
    "request_docs": Tool("GMAIL_SEND_EMAIL", "gmail", _email("your documents", _documents)),
    "apply_now": Tool("GMAIL_SEND_EMAIL", "gmail", _email("your application", _apply)),
    "send_message:email": Tool(
        "GMAIL_SEND_EMAIL",
        "gmail",
        _email("a message for you", lambda delivery, full: str(delivery.args["text"])),
    ),
    "send_message:sms": Tool("TWILIO_SEND_SMS", "twilio", _text),
}


class ComposioConnector:
    """Composio drops no repetition: what is not clear is left to a person."""

    name = "composio"
    idempotent = False
    retry: Retry = SOON

    def __init__(self, services: Services) -> None:
        self._services = services

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        tool = TOOLS[_name(delivery)]
        settings = (await self._services.tenants.settings(tenant_id)).composio
        if self._services.settings.composio_api_key is None:
            raise Refused("COMPOSIO_API_KEY is not set")
        full = await content(self._services, tenant_id, delivery)
        reference = await self._reference(tenant_id, delivery)
        arguments = tool.arguments(delivery, full, reference)
        slug = settings.tools.get(_name(delivery), tool.slug)
        await _loaded()
        answer = await asyncio.to_thread(
            self._execute, slug, settings.versions[tool.toolkit], settings.user_id, arguments
        )
        if not answer.successful:
            # its own words may name the person
            raise Refused("the tool was not successful")
        return _made(answer.data, tool.makes) or reference

    async def _reference(self, tenant_id: str, delivery: Delivery) -> str | None:
        """What the provider called the tour's event when it was made."""
        if not (tour_id := delivery.args.get("tour_id")):
            return None
        return await self._services.outbox.reference(tenant_id, self.name, str(tour_id))

    def _execute(self, slug: str, version: str, user_id: str, arguments: dict[str, Any]) -> Any:
        """One call in this thread; raises what Connector.deliver says."""
        import httpx
        from composio import Composio
        from composio_client import APIConnectionError, APIStatusError, APITimeoutError

        settings = self._services.settings
        assert settings.composio_api_key is not None
        try:
            with httpx.Client(
                timeout=CALL_SECONDS, follow_redirects=False, trust_env=False
            ) as http:
                composio = Composio(
                    api_key=settings.composio_api_key.get_secret_value(),
                    base_url=settings.composio_base_url or "",
                    allow_tracking=False,
                    max_retries=0,
                    http_client=http,
                )
                # the generated client: the SDK's own wrapper would report the call elsewhere
                return composio.client.tools.execute(
                    slug,
                    user_id=user_id,
                    version=version,
                    arguments=arguments,
                    request_options={
                        "follow_redirects": False,
                        "max_retries": 0,
                        "timeout": CALL_SECONDS,
                    },
                )
        except APITimeoutError:
            raise
        except APIConnectionError as error:
            if _never_left(error):
                raise Unavailable("provider_away", "Composio cannot be reached.") from None
            raise
        except APIStatusError as error:
            raise _meant(error) from None


async def _loaded() -> None:
    """Import the SDK, which takes seconds the first time; raises Unavailable until it is done."""
    try:
        async with asyncio.timeout(LOAD_SECONDS):
            await asyncio.to_thread(importlib.import_module, "composio")
    except TimeoutError:
        raise Unavailable("provider_loading", "The SDK is still being loaded.") from None
    except ImportError:
        raise Refused("composio is not installed: pip install latchkey[composio]") from None


def _name(delivery: Delivery) -> str:
    if delivery.action == "send_message":
        return f"send_message:{delivery.args['channel']}"
    return delivery.action


def _tour(full: Content) -> Tour:
    if full.tour is None:
        raise Refused("tour_not_found")
    return full.tour


def _local(full: Content, moment: datetime) -> str:
    return f"{moment.astimezone(full.community.tz):%Y-%m-%dT%H:%M:%S}"


def _described(full: Content) -> dict[str, Any]:
    home = full.listing.name if full.listing else full.community.name
    described: dict[str, Any] = {
        "summary": f"Tour at {full.community.name}",
        "description": f"Tour of {home}.",
        "location": full.address,
    }
    if full.contact.email:
        described["attendees"] = [full.contact.email]
    return described


def _made(data: Any, name: str | None) -> str | None:
    """The id in an answer; some tools wrap what the provider said."""
    if name is None or not isinstance(data, dict):
        return None
    inner = data.get("response_data")
    found = data.get(name) or (inner.get(name) if isinstance(inner, dict) else None)
    return found if isinstance(found, str) else None


def _known(reference: str | None) -> str:
    if reference is None:
        raise Refused("the calendar event of this tour is not known")
    return reference


def _meant(error: "APIStatusError") -> Exception:
    """What the answer means for the delivery; itself where nobody knows whether it was done."""
    status = error.status_code
    if status == 429:
        after = _retry_after(error.response.headers.get("retry-after"))
        return TooBusy("provider_busy", "Composio asks for patience.", retry_after=after)
    if status < 500 and status not in (408, 425):
        return Refused(f"status_{status}")
    return error


def _never_left(error: Exception) -> bool:
    import httpx

    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)


def _retry_after(value: str | None) -> int | None:
    return int(value[:9]) if value and value.isascii() and value.isdigit() else None
