import time

import pytest

from agent.tickets.models import TicketDraft
from agent.tickets.unnamed import unnamed, without_contact


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Jo-Ann O'Neil", "Jo-Ann O'Neil: hi\nO'Neil: yes", "[name]: hi\n[name]: yes"),
        ("Will Osei", "Will: Will you call?\nwill osei", "[name]: Will you call?\n[name]"),
        ("Dana A. Osei", "DANA A. OSEI wrote; Osei, Dana", "[name] wrote; [name]"),
        (
            "Kim (Tenant) Lo",
            "KIM (desk) : yes\nAsk Kim, kim",
            "[name] (desk) : yes\nAsk [name], kim",
        ),
        ("Test User", "Test User: A user may test. User: no", "[name]: A user may test. User: no"),
        (
            "Leasing Office",
            "The Leasing tab of the leasing office",
            "The Leasing tab of the [name]",
        ),
        ("María López", "maría lópez, Lópezes, López", "[name], Lópezes, [name]"),
        ("Miller, Skyler", "skyler miller; Skyler; Miller, Skyler", "[name]; [name]; [name]"),
        ("SKYLER MILLER", "Skyler: hi\nAsk Miller, MILLER", "[name]: hi\nAsk [name], [name]"),
        ("skyler miller", "Ask Skyler about the miller.", "Ask [name] about the miller."),
        ("Dr. Skyler Miller Jr.", "skyler miller and the dr.", "[name] and the dr."),
        ("Jo and Al Miller", "And Al Miller", "And Al [name]"),
        ("JO AND AL MILLER", "And so on, Miller", "And so on, [name]"),
        ("María López", "Maria Lopez, maria lopez", "[name], [name]"),
        ("A", "A door: a plan A", "A door: a plan A"),
        (None, "Call 202-555-0143 about CS-35956164.", "Call [phone] about CS-35956164."),
        ("(.*)+", "Nothing to find.", "Nothing to find."),
    ],
)
def test_the_contacts_name_is_taken_out(name: str | None, text: str, left: str) -> None:
    assert unnamed(text, name) == left


def test_a_long_transcript_takes_no_longer_than_its_length() -> None:
    text = "Skyler (Tenant) says: the code of the gate is wrong.\n" * 600
    unnamed(text, "Skyler Miller")
    began = time.process_time()
    assert "Skyler" not in unnamed(text, "Skyler Miller")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("phone", ["555-123-4567", "+1 (555) 123-4567", "5551234567 ext. 9"])
def test_the_contacts_own_number_is_taken_out_though_nobody_may_have_it(phone: str) -> None:
    said = "It is 555.123.4567 or 555 123 4567, case 1555-123-45678, 555-999-4567."
    case = TicketDraft(conversation_id="C-1", transcript=said, contact_phone=phone)
    left = "It is [phone] or [phone], case 1555-123-45678, [phone]."
    assert without_contact(case).transcript == left
    short = case.model_copy(update={"contact_phone": "123"})
    assert "555.123.4567" in (without_contact(short).transcript or "")


def test_no_label_holds_how_to_reach_somebody() -> None:
    case = TicketDraft(
        conversation_id="C-1",
        transcript="Hello.",
        first_tier_agent_name="kris@pmc-example.com",
        account_name="Acme, 202-555-0143",
        priority="202-555-0143",
    )
    stored = without_contact(case)
    assert stored.first_tier_agent_name == "[email]"
    assert (stored.account_name, stored.priority) == ("Acme, [phone]", "[phone]")


def test_no_label_is_the_contacts_name() -> None:
    case = TicketDraft(
        conversation_id="C-1",
        transcript="Hello.",
        contact_name="Skyler Miller",
        account_name="Miller, Skyler (household)",
        property_name="Miller Park",
    )
    stored = without_contact(case)
    assert (stored.account_name, stored.property_name) == ("[name] (household)", "Miller Park")


@pytest.mark.parametrize(
    ("agent", "text", "left"),
    [
        (
            None,
            "Skyler Miller: hello\nAri (Acme): Which unit, Skyler?\nSkyler Miller: 4",
            "[name]: hello\nAri (Acme): Which unit, [name]?\n[name]: 4",
        ),
        (
            "Ari Poe",
            "Ari: Hello!\nSkyler J. Miller: hi\nSkyler J. Miller: Miller it is",
            "Ari: Hello!\n[name]: hi\n[name]: [name] it is",
        ),
        (
            "Ari Poe",
            "Ari Poe: It says\nLedger Error: 5\nUnit Number: 3\nLedger Error: 6\nUnit Number: 4",
            "Ari Poe: It says\nLedger Error: 5\nUnit Number: 3\nLedger Error: 6\nUnit Number: 4",
        ),
        (None, "Skyler Miller: a\nAri Poe: b\nSkyler Miller: c", None),
        (None, "Agent: a\nCaller: b\nAgent: The Ledger\nCaller: d", None),
    ],
)
def test_who_speaks_beside_the_support_is_taken_out_where_the_file_names_nobody(
    agent: str | None, text: str, left: str | None
) -> None:
    case = TicketDraft(conversation_id="C-1", transcript=text, first_tier_agent_name=agent)
    assert without_contact(case).transcript == (left or text)
