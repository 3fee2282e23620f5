import pytest

from agent.tickets.models import Case
from graphs.tickets.placeholders import fill


def test_what_is_known_is_filled_and_the_rest_is_named() -> None:
    case = Case(transcript="x", property_name="Alder Row", account_name="Harbor & Sons")
    filled = fill("<SITE_NAME>/<ACCOUNT_NAME>/<DATABASE>/<PROPERTY_CITY>/<b>", case)
    assert filled.text == "Alder Row/Harbor & Sons/<DATABASE>/<PROPERTY_CITY>/<b>"
    assert filled.filled == ("SITE_NAME", "ACCOUNT_NAME")
    assert filled.left == ("DATABASE", "PROPERTY_CITY")


@pytest.mark.parametrize(
    "name", ["x'; drop table fobs", "a -- b", "a\nb", 'a"b', "a;b", "<DATABASE>", "/* a", " "]
)
def test_a_value_that_could_end_a_string_of_code_is_left_to_a_person(name: str) -> None:
    filled = fill("where site = '<SITE_NAME>'", Case(transcript="x", property_name=name))
    assert (filled.text, filled.left) == ("where site = '<SITE_NAME>'", ("SITE_NAME",))
