"""What looks like personal data and is public: offices' phones, and the addresses of homes."""

from collections.abc import Iterable

from agent.privacy.address_keys import address_key
from agent.privacy.phones import e164


def public_values(places: Iterable[str], phones: Iterable[str]) -> frozenset[str]:
    """The `public` of `redact`; a place is an address, or a name that may be one."""
    addresses = (address_key(place) for place in places if place[:1].isdigit())
    numbers = (number for phone in phones if (number := e164(phone)))
    return frozenset((*addresses, *numbers))
