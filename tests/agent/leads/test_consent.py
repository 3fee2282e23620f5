from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from agent.errors import Conflict
from agent.leads.consent import Channel, may_send, zones_of
from agent.leads.models import Consent, Lead
from agent.outbox.models import Held
from agent.tenants.models import QuietHours

NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
"""Monday in Los Angeles, where it is 12:00."""
PACIFIC = ZoneInfo("America/Los_Angeles")
EASTERN = ZoneInfo("America/New_York")


def lead(*known: str, **consent: object) -> Lead:
    return Lead(
        lead_id="lead_1",
        hashes={field: "h1:x" for field in known},
        consent=Consent.model_validate(consent),
        created_at=NOON,
        updated_at=NOON,
    )


@pytest.mark.parametrize(
    ("who", "channel", "code"),
    [
        (lead("phone"), "sms", "consent_missing"),
        (lead("email", sms=True), "sms", "contact_missing"),
        (lead("phone", sms=True), "email", "contact_missing"),
        (lead("phone", sms=True, opted_out_at=NOON), "sms", "contact_opted_out"),
        (lead("email", opted_out_at=NOON), "email", "contact_opted_out"),
    ],
)
def test_nobody_is_written_to_without_consent(who: Lead, channel: Channel, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        may_send(who, channel, NOON, quiet=QuietHours(), zones=[PACIFIC])
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("hour", "minute", "until"),
    [
        (20, 59, None),
        (21, 0, (3, 8)),
        (23, 30, (3, 8)),
        (0, 0, (2, 8)),
        (7, 59, (2, 8)),
        (8, 0, None),
        (12, 0, None),
    ],
)
def test_texts_wait_for_the_morning_of_the_recipient(
    hour: int, minute: int, until: tuple[int, int] | None
) -> None:
    now = datetime(2026, 3, 2, hour, minute, tzinfo=PACIFIC).astimezone(UTC)
    texted = lead("phone", "email", sms=True)
    may_send(texted, "email", now, quiet=QuietHours(), zones=[PACIFIC])
    may_send(texted, "sms", now)
    if until is None:
        may_send(texted, "sms", now, quiet=QuietHours(), zones=[PACIFIC])
        return
    with pytest.raises(Held) as held:
        may_send(texted, "sms", now, quiet=QuietHours(), zones=[PACIFIC])
    day, at = until
    assert held.value.until == datetime(2026, 3, day, at, tzinfo=PACIFIC)


def test_of_several_zones_every_one_must_be_awake() -> None:
    now = datetime(2026, 3, 2, 19, 0, tzinfo=PACIFIC)
    with pytest.raises(Held) as held:
        may_send(lead("phone", sms=True), "sms", now, quiet=QuietHours(), zones=[PACIFIC, EASTERN])
    assert held.value.until == datetime(2026, 3, 3, 8, 0, tzinfo=PACIFIC)


def test_the_night_that_clocks_change_ends_at_eight_too() -> None:
    night = datetime(2026, 3, 7, 23, 0, tzinfo=PACIFIC)
    with pytest.raises(Held) as held:
        may_send(lead("phone", sms=True), "sms", night, quiet=QuietHours(), zones=[PACIFIC])
    assert held.value.until.astimezone(UTC) == datetime(2026, 3, 8, 15, 0, tzinfo=UTC)


def test_hours_are_a_setting() -> None:
    lunch = QuietHours(starts=time(12), ends=time(13, 30))
    never = QuietHours(starts=time(9), ends=time(9))
    texted = lead("phone", sms=True)
    with pytest.raises(Held) as held:
        may_send(texted, "sms", NOON, quiet=lunch, zones=[PACIFIC])
    assert held.value.until == datetime(2026, 3, 2, 13, 30, tzinfo=PACIFIC)
    may_send(texted, "sms", datetime(2026, 3, 2, 3, tzinfo=PACIFIC), quiet=never, zones=[PACIFIC])


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+12125550142", "America/New_York"),
        ("+15035550142", "America/Los_Angeles"),
        ("+442071838750", "Europe/London"),
        ("+18005550142", "America/Denver"),
        ("+12", "America/Denver"),
        ("not a number", "America/Denver"),
        (None, "America/Denver"),
    ],
)
def test_the_number_tells_the_zone_else_the_property(phone: str | None, zone: str) -> None:
    assert zones_of(phone, ZoneInfo("America/Denver")) == [ZoneInfo(zone)]
