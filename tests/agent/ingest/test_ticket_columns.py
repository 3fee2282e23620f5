from time import process_time

import pytest

from agent.ingest.ticket_columns import layout_of, plain_name
from agent.ingest.ticket_headers import find_header

ID, TALK = "Conversation ID", "Transcript"


def field_of(name: str) -> str | None:
    """What a column is taken for, beside those that every file has."""
    layout = layout_of([[ID], [TALK], [name]])
    return layout.columns.get(name)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Ticket Number", "ticket_id"),
        ("ticket_number", "ticket_id"),
        ("TICKET#", "ticket_id"),
        ("Ticket No.", "ticket_id"),
        ("Case ID", "ticket_id"),
        ("caseNumber", "ticket_id"),
        ("SR Number", "ticket_id"),
        ("Created At", "created_at"),
        ("Created\u00a0On", "created_at"),
        ("Date/Time Opened", "created_at"),
        ("Created At (UTC)", "created_at"),
        ("creationDate", "created_at"),
        ("CHANNEL", "channel"),
        ("Support Channel", "channel"),
        ("Case Origin", "channel"),
        ("Customer\nRole", "customer_role"),
        ("customer-role", "customer_role"),
        ("Caller Role", "customer_role"),
        ("Product", "product"),
        ("Product Name", "product"),
        ("Prod", "product"),
        ("Cat.", "category"),
        ("Issue Category", "category"),
        ("Ticket Category", "category"),
        ("Priority Level", "priority"),
        ("Case Priority", "priority"),
        ("Severity", "priority"),
        ("Tier", "tier"),
        ("Support Tier", "tier"),
        ("First-Tier Agent Name", "first_tier_agent_name"),
        ("First Tier Agent's Name", "first_tier_agent_name"),
        ("1st Tier Agent", "first_tier_agent_name"),
        ("Tier 1 Agent Name", "first_tier_agent_name"),
        ("Agent", "first_tier_agent_name"),
        ("AgentName", "first_tier_agent_name"),
        ("Assigned To", "first_tier_agent_name"),
        ("Account", "account_name"),
        ("Management Company", "account_name"),
        ("Organisation", "account_name"),
        ("Property", "property_name"),
        ("Community Name", "property_name"),
        ("Site", "property_name"),
        ("Property City", "property_city"),
        ("City", "property_city"),
        ("property.state", "property_state"),
        ("State/Province", "property_state"),
        ("Contact", "contact_name"),
        ("Caller Name", "contact_name"),
        ("Requester", "contact_name"),
        ("Contact Title", "contact_role"),
        ("Job Title", "contact_role"),
        ("E-mail", "contact_email"),
        ("Contact Email Address", "contact_email"),
        ("Phone #", "contact_phone"),
        ("Contact Phone Number", "contact_phone"),
        ("Callback Number", "contact_phone"),
        ("Subject Line", "subject"),
        ("Ticket Subject", "subject"),
        ("Short Description", "subject"),
        ("Problem Description", "description"),
        ("Case Details", "description"),
        ("Ｔｉｅｒ", "tier"),
        ("* Priority *", "priority"),
        ("Primary Contact Name", "contact_name"),
        ("Resident's Contact E-mail Address", "contact_email"),
        ("Managed Property City", "property_city"),
        ("Ticket Name", "subject"),
        ("Ticket Contact", "contact_name"),
        ("Case Contact Email", "contact_email"),
        ("User name", "contact_name"),
        ("Work phone", "contact_phone"),
        ("Organizations", "account_name"),
    ],
)
def test_names_that_people_use(name: str, field: str) -> None:
    assert field_of(name) == field


@pytest.mark.parametrize(
    "name",
    [
        "Resolution",
        "Root Cause",
        "KB ID",
        "Script ID",
        "Tags",
        "Sentiment",
        "Ticket Status",
        "Support Email",
        "Support phone",
        "",
        " ",
    ],
)
def test_what_is_no_field_is_left_out(name: str) -> None:
    assert field_of(name) is None


@pytest.mark.parametrize(
    ("conversation", "transcript"),
    [
        ("conversation_id", "conversation_transcript"),
        ("ConversationID", "TranscriptText"),
        ("Conv. ID", "Chat Log"),
        ("Chat ID", "Chat Transcript"),
        ("Call ID", "Call Transcript"),
        ("Interaction Id", "Full Transcript"),
        ("Session ID", "Conversation"),
        ("Conversation", "Transcript"),
        ("Conversation ID *", "Transcript (redacted)"),
        ("conversationid", "transcription"),
        ("Helpdesk Conversation ID", "Chat/Call Transcript"),
        ("Conv. Reference No.", "Full text of the transcript"),
    ],
)
def test_the_two_that_a_file_must_have(conversation: str, transcript: str) -> None:
    layout = layout_of([["Notes"], [transcript], [conversation]])
    assert layout.places == {"transcript": 1, "conversation_id": 2}


def test_the_most_telling_column_counts() -> None:
    layout = layout_of(
        [["Name"], ["Contact Name"], ["Summary"], ["Subject"], [ID], [TALK], ["Description"]]
    )
    assert layout.columns["Contact Name"] == "contact_name"
    assert layout.columns["Subject"] == "subject"
    assert layout.columns["Description"] == "description"
    assert layout.ignored == ["Name", "Summary"]


def test_of_two_columns_of_one_name_the_first() -> None:
    layout = layout_of([[ID], [TALK], ["Channel"], ["Channel"]])
    assert layout.places["channel"] == 2


def test_a_summary_alone_is_the_subject_and_with_one_the_description() -> None:
    assert field_of("Summary") == "subject"
    layout = layout_of([[ID], [TALK], ["Subject"], ["Summary"]])
    assert layout.columns["Summary"] == "description"


def test_plain_names() -> None:
    assert plain_name(" Property_\n Name ") == plain_name("propertyName") == "property name"
    assert plain_name("Conversation\u00a0ID") == plain_name("ConversationID") == "conversation id"


class TestHeader:
    def test_below_a_title_and_notes(self) -> None:
        rows = [(1, ["Export of March"]), (3, ["conversation transcript"]), (5, ["x", ID, TALK])]
        header = find_header(rows)
        assert header is not None
        assert (header.row, header.layout.places) == (5, {"conversation_id": 1, "transcript": 2})

    def test_none(self) -> None:
        assert find_header([(1, [ID, "Notes"]), (2, ["1", TALK])]) is None
        assert find_header([]) is None

    def test_groups_above_the_names(self) -> None:
        rows = [
            (1, ["", "", "Contact", "", "", "Property", ""]),
            (2, [ID, TALK, "Name", "Role", "Phone", "Name", "State"]),
        ]
        header = find_header(rows, [(1, 2, 1, 4), (1, 5, 1, 6)])
        assert header is not None
        assert header.row == 2
        assert header.layout.columns == {
            ID: "conversation_id",
            TALK: "transcript",
            "Contact Name": "contact_name",
            "Contact Role": "contact_role",
            "Contact Phone": "contact_phone",
            "Property Name": "property_name",
            "Property State": "property_state",
        }

    def test_the_search_for_it_is_short(self) -> None:
        text = "a " * 16_000
        wide = [f"issue name of {column}" for column in range(1_000)]
        merges = [(1, column, 64, column) for column in range(1_000)]
        started = process_time()
        assert find_header([(row, [text] * 100) for row in range(1, 65)]) is None
        assert find_header([(row, wide) for row in range(1, 65)], merges) is None
        assert process_time() - started < 2

    def test_below_long_notes(self) -> None:
        header = find_header([(1, ["Some notes. " * 100] * 3), (2, [ID, TALK])])
        assert header is not None
        assert header.row == 2

    def test_names_that_reach_over_two_rows(self) -> None:
        rows = [(2, [ID, "Contact", "", TALK]), (3, ["", "First Name", "Last Name"])]
        header = find_header(rows, [(2, 0, 3, 0), (2, 1, 2, 2), (2, 3, 3, 3)])
        assert header is not None
        assert header.row == 3
        assert header.layout.places == {
            "conversation_id": 0, "contact_first_name": 1, "contact_last_name": 2, "transcript": 3,
        }  # fmt: skip
