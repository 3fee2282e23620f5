"""A lead's own address goes; the addresses that the tenant publishes stay readable."""

import pytest

from agent.listings.models import ListingDraft
from agent.services import Services
from graphs.redaction import redacted

TENANT = "default"


async def said(services: Services, text: str) -> str:
    return (await redacted(services, TENANT, text, name_expected=False)).text


@pytest.mark.parametrize(
    "text",
    [
        "is 1820 NW Alder Row available?",
        "how far is 1820 nw alder row, portland, or 97209 from work?",
        "I want to see 1820 Alder Row unit 214",
    ],
)
async def test_the_address_of_a_community_stays(demo: Services, text: str) -> None:
    assert await said(demo, text) == text


async def test_the_address_and_phone_of_a_home_stay_once_it_is_known(demo: Services) -> None:
    text = "is 77 Foundry Street free? I called 503-555-0111"
    assert await said(demo, text) == "is [address] free? I called [phone]"
    draft = ListingDraft(
        name="The Foundry",
        address="77 Foundry St., Portland",
        phone="(503) 555-0111",
        rent=1900,
        bedrooms=2,
        bathrooms=1,
    )
    await demo.listings.upsert(TENANT, "default", [draft])
    assert await said(demo, text) == text


async def test_a_leads_own_address_goes(demo: Services) -> None:
    redaction = await redacted(
        demo, TENANT, "I live at 12 Elm Court, is 1820 NW Alder Row near?", name_expected=False
    )
    assert redaction.text == "I live at [address], is 1820 NW Alder Row near?"
    assert [span.value for span in redaction.spans] == ["12 Elm Court"]


async def test_a_public_phone_is_not_taken_for_the_leads(demo: Services) -> None:
    community = await demo.tenants.community(TENANT, "alder-row")
    assert community.phone
    redaction = await redacted(demo, TENANT, f"call {community.phone}", name_expected=False)
    assert redaction.contact.phone is None
