import time

import pytest

from agent.privacy.models import Contact
from agent.privacy.pii import redact

PHONE = "+15035550142"


@pytest.mark.parametrize(
    "written",
    [
        "(503) 555-0142",
        "(503)555-0142",
        "503-555-0142",
        "503.555.0142",
        "503 555 0142",
        "503 555-0142",
        "503/555-0142",
        "503 - 555 - 0142",
        "503–555–0142",
        "5035550142",
        "15035550142",
        "+15035550142",
        "+1 503 555 0142",
        "1-503-555-0142",
        "1 (503) 555-0142",
        "503-555-0142 x12",
        "503-555-0142x1234",
        "503-555-0142, ext. 12",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "it's {}, thanks", "Cell:{}.", "97209 {}", "...{}"])
def test_a_us_phone_number_is_taken_out_however_it_is_written(written: str, frame: str) -> None:
    redaction = redact(frame.format(written))
    assert redaction.contact.phone == PHONE
    assert redaction.text == frame.format("[phone]")


@pytest.mark.parametrize(
    ("text", "expected", "phone"),
    [
        ("2026-03-05 503-555-0142", "2026-03-05 [phone]", PHONE),
        ("unit 214 503-555-0142", "unit 214 [phone]", PHONE),
        ("+1 503 555 0142 2 bedrooms", "[phone] 2 bedrooms", PHONE),
        ("503-555-0142--call me", "[phone]--call me", PHONE),
        ("(503-555-0142)", "([phone])", PHONE),
        ("503-555-0142 206-555-0187", "[phone] [phone]", PHONE),
        ("+44 20 7946 0958 (2 adults)", "[phone] (2 adults)", "+442079460958"),
        ("+49 30 901820", "[phone]", "+4930901820"),
        ("+33 1 23 45 67 89 or +447911123456", "[phone] or [phone]", "+33123456789"),
        ("you can call me on 020 7946 0958", "you can call me on [phone]", "020 7946 0958"),
        ("my number is 555-0142", "my number is [phone]", "555-0142"),
        ("best number's 5550142", "best number's [phone]", "5550142"),
        ("text me at 5550142, please", "text me at [phone], please", "5550142"),
    ],
)
def test_a_phone_number_is_told_from_what_stands_beside_it(
    text: str, expected: str, phone: str
) -> None:
    redaction = redact(text)
    assert (redaction.text, redaction.contact.phone) == (expected, phone)


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ("sam@lee.example", "sam@lee.example"),
        ("Sam.Lee+home@Mail.Lee.Example", "sam.lee+home@mail.lee.example"),
        ("o'neil@lee.example", "o'neil@lee.example"),
        ("sam@bücher.example", "sam@bücher.example"),
        ("sam_lee-2@lee-home.example", "sam_lee-2@lee-home.example"),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "mail me at {}.", "<{}>", "'{}'", "mailto:{}?"])
def test_an_email_address_is_taken_out(written: str, email: str, frame: str) -> None:
    redaction = redact(frame.format(written))
    assert redaction.text == frame.format("[email]")
    assert redaction.contact.email == email


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my ssn is 078-05-1120", "my ssn is [ssn]"),
        ("078 05 1120", "[ssn]"),
        ("SSN: 078051120 ok", "SSN: [ssn] ok"),
        ("4111 1111 1111 1111", "[card]"),
        ("4111-1111-1111-1111 exp 04/28", "[card] exp 04/28"),
        ("card 4111111111111111, thanks", "card [card], thanks"),
        ("3782 822463 10005", "[card]"),
    ],
)
def test_numbers_of_people_are_taken_out_and_not_kept(text: str, expected: str) -> None:
    redaction = redact(text)
    assert redaction.text == expected
    assert redaction.contact == Contact()


@pytest.mark.parametrize(
    "text",
    [
        "my budget is $1,500 to $2,000",
        "between 1500 and 2000",
        "1500-2000",
        "1500 – 2000",
        "$2500.00 a month",
        "400-500 2000",
        "500 600 700",
        "1,234,567",
        "2026-03-05",
        "from 2026-04-01 to 2027-03-31",
        "03/05/2026",
        "3-5-2026",
        "at 5:30 PM",
        "open 9:00-17:30",
        "10 30 - 11 30",
        "unit #214",
        "apt 1204",
        "97209",
        "97209-1234",
        "2-3 bedrooms, 2 beds 2 baths 1200 sq ft",
        "order number 5035550142",
        "confirmation #5035550142",
        "ORD-5035550142",
        "my application id is 4035550142",
        "1234567890",
        "4111 1111 1111 1112",
        "1234567890123456",
        "45.5234515 -122.6762071",
        "call me at 5:30",
        "call me on 2026-03-05",
        "call me on 03-05-2026",
        "text me the 3 bedroom prices",
        "call the office 9-18",
        "meet @home, me@ 5",
        "1 2 3 4 5 6 7 8 9 10",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected", "name"),
    [
        ("My name is Dana Whitcomb.", "My name is [name].", "Dana Whitcomb"),
        ("my name is dana lee and i rent", "my name is [name] and i rent", "dana lee"),
        ("My name's Dana, hi", "My name's [name], hi", "Dana"),
        ("my full name is María José Núñez", "my full name is [name]", "María José Núñez"),
        ("i am called Émile", "i am called [name]", "Émile"),
        ("Name: Jean-Luc O'Neil", "Name: [name]", "Jean-Luc O'Neil"),
        ("my name is April", "my name is [name]", "April"),
        ("Hi, this is Dana from the website", "Hi, this is [name] from the website", "Dana"),
        ("I'm Dana Lee, looking for 2 beds", "I'm [name], looking for 2 beds", "Dana Lee"),
        ("call me Dana J. Whitcomb please", "call me [name] please", "Dana J. Whitcomb"),
        ("My name is Dana. Is it furnished?", "My name is [name]. Is it furnished?", "Dana"),
    ],
)
def test_a_name_somebody_introduces_themself_with_is_taken_out(
    text: str, expected: str, name: str
) -> None:
    redaction = redact(text)
    assert (redaction.text, redaction.contact.name) == (expected, name)


@pytest.mark.parametrize(
    "text",
    [
        "the property name is Alder Row",
        "its name is Cedar Mesa",
        "my name is on the lease",
        "what is your name?",
        "this is Alder Row, right?",
        "I'm Looking For A Home",
        "I'M LOOKING FOR A HOME",
        "I am American",
        "I'm Deaf and need visual alarms",
        "call me Tuesday",
        "Call me back please",
        "Call me ASAP",
        "show me Harbor Loft and Cedar Mesa",
    ],
)
def test_other_names_stay(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected", "name"),
    [
        ("Dana Whitcomb", "[name]", "Dana Whitcomb"),
        ("dana whitcomb, d@lee.example", "[name], [email]", "dana whitcomb"),
        ("d@lee.example, Dana Whitcomb", "[email], [name]", "Dana Whitcomb"),
        ("dana 503-555-0142", "[name] [phone]", "dana"),
        ("Sure, it's Dana and 503-555-0142", "Sure, it's [name] and [phone]", "Dana"),
        ("Dana - d@lee.example - 503-555-0142", "[name] - [email] - [phone]", "Dana"),
        ("Name is Dana Whitcomb, 503-555-0142", "Name is [name], [phone]", "Dana Whitcomb"),
        ("You can reach me at d@lee.example, Dana", "You can reach me at [email], [name]", "Dana"),
    ],
)
def test_an_answer_to_who_are_you_needs_no_introduction(
    text: str, expected: str, name: str
) -> None:
    redaction = redact(text, name_expected=True)
    assert (redaction.text, redaction.contact.name) == (expected, name)


@pytest.mark.parametrize(
    "text",
    [
        "Yes please",
        "No thanks, show me the second one",
        "Never mind",
        "cancel",
        "What do you need it for?",
        "my e-mail is [email]",
        "[phone] thanks",
        "[phone]. Can I bring my dog?",
        "[email] and is parking included?",
    ],
)
def test_an_answer_without_a_name_stays(text: str) -> None:
    assert redact(text, name_expected=True).text == text


def test_nothing_to_find_is_no_contact() -> None:
    assert redact("Two bedrooms in Portland, please").contact == Contact()


def test_everything_is_found_at_once() -> None:
    redaction = redact("My name is Dana Whitcomb, 503-555-0142 or DANA@lee.example")
    assert redaction.text == "My name is [name], [phone] or [email]"
    expected = Contact(name="Dana Whitcomb", phone=PHONE, email="dana@lee.example")
    assert redaction.contact == expected


def test_what_is_too_long_to_be_an_address_is_taken_out_but_not_kept() -> None:
    redaction = redact("a@" + ("b" * 60 + ".") * 7 + "example")
    assert redaction.text == "[email]"
    assert redaction.contact == Contact()


@pytest.mark.parametrize(
    "text",
    ["1" * 8000, "5 " * 4000, "(" * 8000, "a@" * 4000, "+1 " * 2600, "503-" * 2000, "a a " * 2000,
     "my name is " * 700, "call me " * 1000, "A" * 8000, "[email] " * 1000],
)  # fmt: skip
@pytest.mark.parametrize("name_expected", [False, True])
@pytest.mark.untraced
def test_a_hostile_message_costs_little(text: str, name_expected: bool) -> None:
    redact("+49 30 901820")  # loads the tables of all countries
    began = time.process_time()
    redact(text, name_expected=name_expected)
    assert time.process_time() - began < 0.5
