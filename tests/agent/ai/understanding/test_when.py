from collections.abc import Callable
from datetime import date, time

import pytest

from agent.ai.understanding.dates import find_dates, find_time
from agent.ai.understanding.models import Candidate, Understanding
from agent.ai.understanding.spelling import respell

Read = Callable[..., Understanding]
OFFERED = (Candidate("L1", "Juniper Flats"),)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2024-05-15"),
        ("later today", "2024-05-15"),
        ("this afternoon", "2024-05-15"),
        ("tomorrow", "2024-05-16"),
        ("tmrw works", "2024-05-16"),
        ("the day after tomorrow", "2024-05-17"),
        ("this friday", "2024-05-17"),
        ("on friday", "2024-05-17"),
        ("friday", "2024-05-17"),
        ("coming saturday", "2024-05-18"),
        ("next friday", "2024-05-24"),
        ("friday next week", "2024-05-24"),
        ("next week on tuesday", "2024-05-21"),
        ("monday of next week", "2024-05-20"),
        ("next monday", "2024-05-20"),
        ("saturday this week", "2024-05-18"),
        ("wednesday", "2024-05-15"),
        ("a week from thursday", "2024-05-23"),
        ("the 20th", "2024-05-20"),
        ("on the 9th", "2024-06-09"),
        ("9th of june", "2024-06-09"),
        ("june 9", "2024-06-09"),
        ("june the 9th", "2024-06-09"),
        ("Jun. 9th, 2025", "2025-06-09"),
        ("the twenty-first of may", "2024-05-21"),
        ("the 21st of this month", "2024-05-21"),
        ("3rd of next month", "2024-06-03"),
        ("6/9", "2024-06-09"),
        ("06/09/2024", "2024-06-09"),
        ("2024-07-01", "2024-07-01"),
        ("march 3rd", "2025-03-03"),
        ("in two weeks", "2024-05-29"),
        ("in 3 days", "2024-05-18"),
        ("within a month", "2024-06-15"),
        ("two weeks from now", "2024-05-29"),
        ("in a couple of weeks", "2024-05-29"),
        ("end of may", "2024-05-31"),
        ("the beginning of june", "2024-06-01"),
        ("mid-july", "2024-07-15"),
        ("early august", "2024-08-01"),
        ("end of the month", "2024-05-31"),
        ("end of next month", "2024-06-30"),
        ("next month", "2024-06-01"),
        ("sometime in june", "2024-06-01"),
        ("by july", "2024-07-01"),
        ("this weekend", "2024-05-18"),
        ("next weekend", "2024-05-25"),
        ("feb 29", "2028-02-29"),
    ],
)
def test_a_day_in_words(today: date, text: str, day: str) -> None:
    assert [str(found.day) for found in find_dates(respell(text).lower(), today)] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "two bedrooms",
        "I may have a dog",
        "1/2 bath",
        "unit 12",
        "feb 30",
        "2 months lease",
        "the 45th",
        "march on",
        "call 555-0142",
        "first floor",
        "the second one",
    ],
)
def test_no_day(today: date, text: str) -> None:
    assert not find_dates(text, today)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("at 3pm", time(15)),
        ("3:30 p.m.", time(15, 30)),
        ("10 am works", time(10)),
        ("noon", time(12)),
        ("12 am", time(0)),
        ("at 4", time(16)),
        ("at 10 please", time(10)),
        ("14:30", time(14, 30)),
        ("5 o'clock", time(17)),
        ("two people", None),
        ("at 2000 a month", None),
    ],
)
def test_a_time_of_day(text: str, clock: time | None) -> None:
    assert find_time(text) == clock


@pytest.mark.parametrize(
    ("text", "asked", "day"),
    [
        ("can I visit tomorrow?", (), "2024-05-16"),
        ("I'd like a tour next Friday", (), "2024-05-24"),
        ("schedule a viewing for the 20th", (), "2024-05-20"),
        ("the 20th", ("tour_date",), "2024-05-20"),
        ("How about Saturday?", ("tour",), "2024-05-18"),
        ("No, I'd prefer the 18th", ("confirm",), "2024-05-18"),
        ("I'm available on the 17th", ("tour_date",), "2024-05-17"),
        ("I will be free to see it on June 1st", ("tour_date",), "2024-06-01"),
        ("Thursday instead of Friday", ("confirm",), "2024-05-16"),
        ("Friday doesn't work, how about Monday", ("confirm",), "2024-05-20"),
        ("not tomorrow, Saturday please", ("tour_date",), "2024-05-18"),
        ("can we do the tour on monday next week", (), "2024-05-20"),
        ("stop by this afternoon?", (), "2024-05-15"),
    ],
)
def test_the_day_of_a_visit(read: Read, text: str, asked: tuple[str, ...], day: str) -> None:
    found = read(text, *asked).entities
    assert str(found.get("tour_date")) == day
    assert "move_date" not in found


@pytest.mark.parametrize(
    ("text", "asked", "day"),
    [
        ("moving in June", (), "2024-06-01"),
        ("I need to move by the end of May", (), "2024-05-31"),
        ("move-in date June 1st", (), "2024-06-01"),
        ("ASAP", ("move_date",), "2024-05-15"),
        ("I need a place asap", (), "2024-05-15"),
        ("in two weeks", ("move_date",), "2024-05-29"),
        ("June 1st", ("move_date",), "2024-06-01"),
        ("my lease ends on July 31", (), "2024-07-31"),
        ("looking for a 2br from August", (), "2024-08-01"),
        ("we're relocating next month", (), "2024-06-01"),
        ("something available from 6/15", (), "2024-06-15"),
    ],
)
def test_the_day_of_moving_in(read: Read, text: str, asked: tuple[str, ...], day: str) -> None:
    found = read(text, *asked).entities
    assert str(found.get("move_date")) == day
    assert "tour_date" not in found


def test_both_days_in_one_message(read: Read) -> None:
    found = read("I want to move in on July 1st. Can I tour it tomorrow?").entities
    assert (str(found["move_date"]), str(found["tour_date"])) == ("2024-07-01", "2024-05-16")


def test_a_day_only_told_of(read: Read) -> None:
    assert read("I signed somewhere else this morning").entities == {}


@pytest.mark.parametrize(
    "text", ["That's all for today, thanks", "Thank you for your help today!", "No, not today"]
)
def test_today_as_a_turn_of_phrase(read: Read, text: str) -> None:
    assert not {"tour_date", "move_date"} & read(text, shortlist=OFFERED).entities.keys()


@pytest.mark.parametrize("text", ["any time", "I'm flexible", "no rush"])
def test_any_moving_day_clears(read: Read, text: str) -> None:
    assert "move_date" in read(text, "move_date", known={"move_date": date(2024, 6, 1)}).cleared


def test_a_bare_day_after_an_offer_is_a_visit(read: Read) -> None:
    found = read("saturday", shortlist=OFFERED, focus="L1")
    assert str(found.entities["tour_date"]) == "2024-05-18"
    assert found.accepted["property"] == "Juniper Flats"


@pytest.mark.parametrize(
    "text",
    ["can I move my tour to Friday?", "move it to friday", "push the visit to Friday please"],
)
def test_a_visit_is_moved_not_the_lead(read: Read, text: str) -> None:
    found = read(text, "tour").entities
    assert found["tour_date"] == date(2024, 5, 17)
    assert "move_date" not in found


def test_a_move_is_still_a_move(read: Read) -> None:
    assert read("I'm moving on Friday").entities["move_date"] == date(2024, 5, 17)
    assert "tour_date" not in read("moving it to June 1", "move_date").entities


@pytest.mark.parametrize("text", ["can I come on Saturday?", "Saturday at 3 please"])
def test_a_visit_though_the_move_was_asked_for(read: Read, text: str) -> None:
    found = read(text, "budget", "move_date", shortlist=OFFERED).entities
    assert found["tour_date"] == date(2024, 5, 18)
    assert "move_date" not in found


def test_a_day_far_off_is_that_of_the_move_unless_that_is_known(read: Read) -> None:
    assert read("july 1", "pets", shortlist=OFFERED).entities["move_date"] == date(2024, 7, 1)
    assert read("may 20", "pets", shortlist=OFFERED).entities["tour_date"] == date(2024, 5, 20)
    known = {"move_date": date(2024, 8, 1)}
    again = read("july 1", "pets", shortlist=OFFERED, known=known).entities
    assert again["tour_date"] == date(2024, 7, 1)


def test_soonish_leaves_the_day_open(read: Read) -> None:
    assert "move_date" in read("soonish").cleared
    assert "move_date" not in read("I sold my sooner ticket").cleared
