import pytest

from agent.privacy.models import Contact


@pytest.mark.parametrize(
    "written", ["+15035550142", "(503) 555-0142", "503.555.0142", "1 503 555 0142", " 5035550142 "]
)
def test_a_phone_number_has_one_spelling(written: str) -> None:
    assert Contact(phone=written).phone == "+15035550142"


@pytest.mark.parametrize(
    "written", ["555-0142", "+0 123 456 7890", "1234 5678 9012 345", "ask Sam"]
)
def test_what_is_no_whole_number_is_kept_as_it_was_written(written: str) -> None:
    assert Contact(phone=f" {written} ").phone == written


def test_an_email_address_has_one_case() -> None:
    assert Contact(email=" Sam@Lee.Example ").email == "sam@lee.example"


def test_empty_values_are_no_values() -> None:
    assert Contact(email="", phone="") == Contact()


def test_newer_values_win_and_gaps_are_filled() -> None:
    older = Contact(name="Sam", email="sam@lee.example")
    newer = Contact(email="new@lee.example", phone="+15035550142")
    expected = Contact(name="Sam", email="new@lee.example", phone="+15035550142")
    assert newer.over(older) == expected


@pytest.mark.parametrize(
    ("contact", "reachable"),
    [
        (Contact(), False),
        (Contact(name="Sam"), False),
        (Contact(email="sam@lee.example"), True),
        (Contact(phone="+15035550142"), True),
    ],
)
def test_a_name_alone_reaches_nobody(contact: Contact, reachable: bool) -> None:
    assert contact.reachable is reachable
