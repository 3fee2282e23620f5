import re

import pytest

from agent.listings.keys import area_key, place_pattern, plain, words


class TestAreaKey:
    @pytest.mark.parametrize(
        "spelling",
        ["Harbor City", "harbor  city ", "HARBOR-CITY", "Harbor City, WA", "Hárbor City"],
    )
    def test_one_key_for_every_spelling(self, spelling: str) -> None:
        assert area_key(spelling) == "harbor city"

    def test_state_and_postal_code_are_left_out(self) -> None:
        assert area_key("Portland, OR 97209-1234") == "portland"

    def test_other_parts_stay(self) -> None:
        assert area_key("Old Town, Northside") == "old town northside"

    def test_signs_alone_are_no_area(self) -> None:
        assert area_key("!?") == ""


class TestPlacePattern:
    @pytest.mark.parametrize(
        "address",
        [
            "12 Elm Road, Harbor City",
            "12 Elm Road, Harbor City WA 98000",
            "Harbor City",
            "Harbor City 3",
        ],
    )
    def test_finds_the_place(self, address: str) -> None:
        assert re.search(place_pattern("harbor city"), plain(address))

    @pytest.mark.parametrize(
        "address",
        [
            "12 Harbor City Drive",
            "9 Harbor City St., Elmwood",
            "1 New Harbor Cityside",
            "2 Oldharbor City",
        ],
    )
    def test_is_not_misled_by_a_street_or_a_longer_word(self, address: str) -> None:
        assert not re.search(place_pattern("harbor city"), plain(address))


class TestWords:
    def test_distinct_and_singular(self) -> None:
        assert words("Two Balconies, two walk-in closets & GLASS") == [
            "two",
            "balconie",
            "walk",
            "in",
            "closet",
            "glass",
        ]

    def test_nothing(self) -> None:
        assert words(" \ud800 … ") == []
