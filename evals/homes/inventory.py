"""The listings of a data folder as names to recognise and as a table to filter."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from agent.ai.understanding.models import Candidate, Gazetteer

from .dialogues import DONT_CARE, Listing, comparable

Search = Callable[[Mapping[str, object]], list[str]]
"""Criteria in project fields -> ids of the homes that meet them."""


def gazetteer_of(listings: Iterable[Listing]) -> Gazetteer:
    listings = list(listings)
    return Gazetteer(
        areas=frozenset(filter(None, (listing.values.get("areas") for listing in listings))),
        properties=frozenset(
            filter(None, (listing.values.get("property") for listing in listings))
        ),
    )


def resolver_of(listings: Iterable[Listing]) -> Callable[[Candidate], Candidate]:
    """Finds the listing of a described home by name, then by address, rooms and rent."""
    by_name: dict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        by_name[comparable(listing.values.get("property", ""))].append(listing)

    def resolve(home: Candidate) -> Candidate:
        described = {
            "address": home.address,
            "bedrooms": home.bedrooms,
            "bathrooms": home.bathrooms,
            "rent": home.rent,
        }

        def likeness(listing: Listing) -> int:
            return sum(
                comparable(listing.values.get(name, "")) == comparable(value)
                for name, value in described.items()
                if value is not None
            )

        same_name = by_name.get(comparable(home.name))
        if not same_name:
            return _candidate(home.name, home, {})
        best = max(same_name, key=likeness)
        return _candidate(best.listing_id, home, best.values)

    return resolve


def _candidate(listing_id: str, home: Candidate, values: Mapping[str, str]) -> Candidate:
    return Candidate(
        listing_id=listing_id,
        name=values.get("property", home.name),
        address=values.get("address", home.address),
        area=values.get("areas", home.area),
        rent=home.rent,
        bedrooms=home.bedrooms,
        bathrooms=home.bathrooms,
    )


def meets(listing: Listing, criteria: Mapping[str, object]) -> bool:
    """Whether the listing has every value asked for; a list is met by any of its items."""
    return all(
        comparable(listing.values.get(field, "")) in _alternatives(wanted)
        for field, wanted in criteria.items()
        if comparable(wanted) != DONT_CARE
    )


def _alternatives(wanted: object) -> set[str]:
    return {comparable(each) for each in (wanted if isinstance(wanted, list) else [wanted])}


def exact_search(listings: Iterable[Listing]) -> Search:
    """A filter over the table itself, to measure understanding apart from any database."""
    listings = list(listings)

    def search(criteria: Mapping[str, object]) -> list[str]:
        return [listing.listing_id for listing in listings if meets(listing, criteria)]

    return search
