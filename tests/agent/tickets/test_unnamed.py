import time

import pytest

from agent.tickets.unnamed import unnamed


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
