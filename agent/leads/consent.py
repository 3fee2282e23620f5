"""Whether a lead may be written to over a channel, now: consent first, then the hours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.errors import Conflict
from agent.leads.models import Lead
from agent.outbox.models import Held
from agent.privacy.phones import zone_names
from agent.tenants.models import QuietHours

Channel = Literal["sms", "email"]
_NEEDS: dict[Channel, str] = {"sms": "phone", "email": "email"}
_ROUNDS = 10
_TELLING = 6
"""A toll-free number has the zones of a continent, which tells nothing."""


def may_send(
    lead: Lead,
    channel: Channel,
    now: datetime,
    *,
    quiet: QuietHours | None = None,
    zones: Sequence[ZoneInfo] = (),
) -> None:
    """Return where `lead` may be written to over `channel` at `now`.

    `quiet` holds texts back in any of the recipient's possible `zones`; None: at no time. Raises
    Conflict `contact_opted_out`, `contact_missing` or `consent_missing` for good, Held until
    the hours are over.
    """
    if lead.consent.opted_out_at:
        raise Conflict("contact_opted_out", "The lead wants no messages; write none.")
    if _NEEDS[channel] not in lead.hashes:
        raise Conflict("contact_missing", f"Ask for the lead's {_NEEDS[channel]} first.")
    if channel != "sms":
        return
    if not lead.consent.sms:
        raise Conflict("consent_missing", "The lead has not agreed to be texted; use e-mail.")
    if quiet is not None and (until := loud_again(quiet, zones, now)) > now:
        raise Held(until)


def loud_again(quiet: QuietHours, zones: Sequence[ZoneInfo], now: datetime) -> datetime:
    """The first time from `now` on at which it is quiet in none of the zones."""
    at = now
    for _ in range(_ROUNDS):
        later = max((_end(quiet, at, zone) for zone in zones), default=at)
        if later == at:
            return at
        at = later
    return at


def zones_of(phone: str | None, otherwise: ZoneInfo) -> list[ZoneInfo]:
    """The zones in which whoever has this number may be; `otherwise` where it does not tell.

    Its first call reads tables for 50 ms: call it in a thread.
    """
    try:
        zones = [ZoneInfo(name) for name in zone_names(phone)] if phone else []
    except ZoneInfoNotFoundError:
        zones = []
    return zones if 0 < len(zones) <= _TELLING else [otherwise]


def _end(quiet: QuietHours, at: datetime, zone: ZoneInfo) -> datetime:
    """When the quiet hours end in which `at` is; `at` itself outside them."""
    local = at.astimezone(zone)
    clock = local.time()
    over_midnight = quiet.starts > quiet.ends
    if over_midnight:
        is_quiet = clock >= quiet.starts or clock < quiet.ends
    else:
        is_quiet = quiet.starts <= clock < quiet.ends
    if not is_quiet:
        return at
    day = local.date()
    if over_midnight and clock >= quiet.starts:
        day += timedelta(days=1)
    return datetime.combine(day, quiet.ends, zone).astimezone(at.tzinfo)
