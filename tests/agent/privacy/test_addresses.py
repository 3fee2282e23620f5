import pytest

from agent.privacy.address_keys import address_key
from agent.privacy.pii import find


def addresses(text: str) -> list[str]:
    return [span.value for span in find(text) if span.kind == "address"]


@pytest.mark.parametrize(
    "address",
    [
        "12 Alder Row",
        "1820 NW Alder Row, Portland, OR 97209",
        "1820 NW Alder Row, Apt 214, Portland, OR 97209-1234",
        "480 harbor street",
        "480 Harbor St. #3B",
        "480 Harbor St, Unit 3-B, Ashford, Oregon",
        "480 Harbor St Apt. 3B Ashford OR 97209",
        "77 5th Ave",
        "350 Fifth Avenue, 21st Floor",
        "12-34 56th Rd, Queens, NY 11385",
        "221B Baker St",
        "12 1/2 Elm Street",
        "9 Court Street",
        "12 Lake View Drive",
        "100 Martin Luther King Jr Blvd",
        "455 N St. Helens Ave",
        "42 O'Farrell Street SW",
        "1200 Broadway",
        "900 Avenue B",
        "1 Avenue of the Arts",
        "88 Calle Luna, Apt 2",
        "15500 County Road 12",
        "2300 US Highway 101",
        "P.O. Box 4521",
        "PO Box 12, Ashford, OR 97209",
        "4500 N Lamar",
        "480 Harbor St\nApt 3\nAshford, OR 97209",
        "14 MAPLE LANE, ASHFORD, OR 97209",
        "14 maple lane, ashford, or 97209",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "I live at {}.", "Address: {}", "mail it to {}, please"])
def test_an_address_is_found_as_a_whole(address: str, frame: str) -> None:
    assert addresses(frame.format(address)) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "2 beds on Main Street",
        "2 bedroom court",
        "3 blocks from 5th Avenue",
        "is there street parking for 2 cars?",
        "2 car garage and 1 street parking spot",
        "a 10 minute drive from Oak Street",
        "a 20 min drive",
        "24 hour way in",
        "the corner of 5th and Main Street",
        "between 5th Ave and 9th Ave",
        "I make $85000 Main Street money",
        "2019 was great",
        "open 9-5, Monday to Friday",
        "unit 214 on Alder Row",
        "5 star place to live",
        "one more question about the lane",
        "near Fifth Avenue",
        "how far to Highway 101?",
        "from 2026-04-01 at Oak Street",
        "2 Cedar Mesa tours please",
        "1 way or 2 way commute",
    ],
)
def test_a_number_near_a_street_is_no_address(text: str) -> None:
    assert addresses(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'm at 12 Elm St and want 2 beds", "12 Elm St"),
        ("12 Elm Court. Is it furnished?", "12 Elm Court"),
        ("12 Elm Court, is it furnished?", "12 Elm Court"),
        ("12 Elm Court, Thanks!", "12 Elm Court"),
        ("12 Elm Court\nPhone: on file", "12 Elm Court"),
        ("from 12 Elm Court in June", "12 Elm Court"),
        ("Apt 4, 12 Elm Court", "Apt 4, 12 Elm Court"),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text: str, found: str) -> None:
    assert addresses(text) == [found]


@pytest.mark.parametrize(
    "spelling",
    [
        "1820 NW Alder Street",
        "1820 nw alder st.",
        "1820 Alder St, Unit 214",
        "1820 Alder Street #214, Portland, OR 97209",
        "1820 ALDER STREET Apt 3",
        "1820 Northwest Alder Street NW",
    ],
)
def test_spellings_of_a_street_address_have_one_key(spelling: str) -> None:
    assert address_key(spelling) == "1820 alder street"


def test_other_addresses_have_other_keys() -> None:
    written = ["1820 Alder St", "1821 Alder St", "1820 Alder Ave", "1820 Elder St", "1820 Alder"]
    assert len({address_key(address) for address in written}) == len(written)
    assert address_key("") == ""
