from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ingest import values
from agent.ingest.values import Unreadable

Reader = Callable[[Any], Any]


def table(*rows: tuple[Reader, Any, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("read", "cell", "value"), rows)


@table(
    (values.rent, "$1,850", 1850),
    (values.rent, "1850.50", 1850),
    (values.rent, " USD 1,850 / mo ", 1850),
    (values.rent, "$1,850 per month", 1850),
    (values.rent, "1850 usd monthly", 1850),
    (values.rent, 1850, 1850),
    (values.rent, 1850.4, 1850),
    (values.rent, "１８５０", 1850),
    (values.bedrooms, "2", 2),
    (values.bedrooms, "2.0", 2),
    (values.bedrooms, "2 bd", 2),
    (values.bedrooms, "2BR", 2),
    (values.bedrooms, "3 Bedrooms", 3),
    (values.bedrooms, "2-bed", 2),
    (values.bedrooms, "two", 2),
    (values.bedrooms, "Studio", 0),
    (values.bedrooms, "studio apartment", 0),
    (values.bedrooms, 0, 0),
    (values.bathrooms, "1.5", 1.5),
    (values.bathrooms, "2 ba", 2.0),
    (values.bathrooms, "1 1/2", 1.5),
    (values.bathrooms, "1½ baths", 1.5),
    (values.bathrooms, "One bath", 1.0),
    (values.bathrooms, 2.5, 2.5),
    (values.square_feet, "1,050 sq. ft.", 1050),
    (values.square_feet, "850 SF", 850),
    (values.square_feet, 849.6, 850),
    (values.day, "2026-03-01", date(2026, 3, 1)),
    (values.day, "2026-03-01T09:30:00Z", date(2026, 3, 1)),
    (values.day, "3/1/2026", date(2026, 3, 1)),
    (values.day, "03/01/26", date(2026, 3, 1)),
    (values.day, "Mar 1, 2026", date(2026, 3, 1)),
    (values.day, "1 March 2026", date(2026, 3, 1)),
    (values.day, "Available from 3/1/2026", date(2026, 3, 1)),
    (values.day, "Now", None),
    (values.day, "available immediately", None),
    (values.unit, "#214", "214"),
    (values.unit, "Unit 5B", "5B"),
    (values.unit, "Apt. 12", "12"),
    (values.unit, 214, "214"),
    (values.unit, "Noble", "Noble"),
    (values.unit, "Unit", "Unit"),
    (values.texts, "Balcony, balcony view; pool | gym", ["Balcony", "balcony view", "pool", "gym"]),
    (values.texts, ["Pool", 24, "Pool", ""], ["Pool", "24"]),
    (values.text, "  A\u00a0 B\x00 ", "A B"),
    (values.text, 12, "12"),
)
def test_read(read: Reader, cell: Any, value: Any) -> None:
    assert read(cell) == value


UNREADABLE: dict[Reader, tuple[Any, ...]] = {
    values.rent: ("1.850", "-5", "$1200-1500", "call us", True, None, float("nan"), "9" * 400),
    values.bedrooms: ("1.5", 2.5, "many", "2 1/2", "-1", False, [2]),
    values.bathrooms: ("one and a bit", "1/2/3", {}, "1.5.5"),
    values.square_feet: ("large", "20 x 30", float("inf")),
    values.day: ("soon", "2026-13-01", "31/12/2026", "0", 20260301),
    values.text: (True, ["a"], {"a": 1}),
}


@pytest.mark.parametrize(
    ("read", "cell"), [(read, cell) for read, cells in UNREADABLE.items() for cell in cells]
)
def test_unreadable(read: Reader, cell: Any) -> None:
    with pytest.raises(Unreadable):
        read(cell)


FLAGS: dict[str, dict[bool | None, tuple[Any, ...]]] = {
    "pets": {
        True: ("True", "yes", "Y", "x", "1", "allowed", "Cats only", "dogs & cats", True, 1),
        False: ("False", "no", "n", "0", "none", "not allowed", "No pets", False, 0),
        None: ("case by case", "ask"),
    },
    "furnished": {
        True: ("Furnished", "fully furnished"),
        False: ("Unfurnished", "not furnished"),
        None: ("partially",),
    },
    "parking": {
        True: ("Garage", "1 covered space", "off-street", "included", "2"),
        False: ("street", "On-street parking", "None"),
        None: ("maybe",),
    },
    "in_unit_laundry": {
        True: ("In unit", "In-Unit W/D", "washer/dryer", "Washer and dryer included", "W/D"),
        False: ("Shared", "on-site", "Laundry room", "W/D hookups", "In building"),
        None: ("modern",),
    },
    "available": {
        True: ("Available", "available now", "Vacant", "active", "Vacant - ready"),
        False: ("Leased", "unavailable", "Not available", "occupied", "on hold", "Off market"),
        None: ("3/1/2026",),
    },
}


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (field, cell, value)
        for field, cells in FLAGS.items()
        for value, said in cells.items()
        for cell in said
    ],
)
def test_flag(field: str, cell: Any, value: bool | None) -> None:
    if value is None:
        with pytest.raises(Unreadable):
            values.flag(field)(cell)
    else:
        assert values.flag(field)(cell) is value


CELLS: st.SearchStrategy[Any] = st.one_of(
    st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())
)


@given(CELLS)
def test_any_cell_is_read_or_refused(cell: Any) -> None:
    for read in (values.rent, values.bedrooms, values.bathrooms, values.day, values.texts):
        with suppress(Unreadable):
            read(cell)
