from typing import Any

import pytest

from agent.ingest.columns import COLUMNS, by_field, place_of, plain_name
from agent.listings.models import ListingDraft


class TestNames:
    @pytest.mark.parametrize(
        ("column", "field"),
        [
            ("Beds", "bedrooms"),
            ("number_of_beds", "bedrooms"),
            ("numberOfBedrooms", "bedrooms"),
            ("No. of Bedrooms", "bedrooms"),
            ("BR", "bedrooms"),
            ("# of Baths", "bathrooms"),
            ("Bathroom Count", "bathrooms"),
            ("Monthly Rent", "rent"),
            ("Rent (USD/month)", "rent"),
            ("  RENT  ", "rent"),
            ("Property Name", "name"),
            ("property_name", "name"),
            ("Pets Allowed", "pets"),
            ("Pet-friendly?", "pets"),
            ("City", "area"),
            ("Neighborhood", "area"),
            ("Washer/Dryer", "in_unit_laundry"),
            ("In-unit laundry", "in_unit_laundry"),
            ("sqft", "square_feet"),
            ("Sq. Ft.", "square_feet"),
            ("Available From", "available_from"),
            ("Is Available", "available"),
            ("Unit #", "unit"),
            ("Apt #", "unit"),
            ("phone_number", "phone"),
            ("Street Address", "address"),
            ("Listing ID", "listing_id"),
            ("external_id", "external_id"),
            ("Amenities", "features"),
        ],
    )
    def test_as_people_write_them(self, column: str, field: str) -> None:
        place = place_of(column)
        assert place is not None
        assert place[0] == field

    @pytest.mark.parametrize("column", ["", "#", "No Pets", "Zip", "column 3", "service", "ベッド"])
    def test_unknown(self, column: str) -> None:
        assert place_of(column) is None

    def test_every_field_of_a_draft_has_columns(self) -> None:
        assert set(COLUMNS) == set(ListingDraft.model_fields)
        for field in COLUMNS:
            place = place_of(field)
            assert place is not None
            assert place[0] == field

    def test_no_name_means_two_fields(self) -> None:
        names = [name for names in COLUMNS.values() for name in names]
        assert len(names) == len(set(names))
        assert [name for name in names if plain_name(name) != name] == []


class TestByField:
    def test_most_telling_filled_column_counts(self) -> None:
        cells = {"Neighborhood": "Old Town", "City": "Elmwood", "Price": "9", "Rent": "n/a"}
        assert by_field(cells) == {"area": "Elmwood", "rent": "9"}

    def test_blank_cells_are_no_cells(self) -> None:
        cells: dict[str, Any] = {
            "Beds": " ",
            "Baths": None,
            "Pets": "-",
            "Amenities": [],
            "Rent": 0,
            "Parking": False,
        }
        assert by_field(cells) == {"rent": 0, "parking": False}
