"""Filling `<PROPERTY_NAME>` and its like from a case; what is not known stays visible."""

import re
from dataclasses import dataclass

from agent.tickets.models import Case

_PLACEHOLDER = re.compile(r"<([A-Z][A-Z0-9_]{1,40})>")
_PLAIN = re.compile(r"[\w][\w .,&/()#+-]{0,199}")
"""What may be put into a text that could be code: nothing that ends a string or a line."""
_COMMENT = re.compile(r"--|/\*")
FIELDS = {
    "PROPERTY": "property_name",
    "PROPERTY_NAME": "property_name",
    "SITE": "property_name",
    "SITE_NAME": "property_name",
    "PROPERTY_CITY": "property_city",
    "CITY": "property_city",
    "PROPERTY_STATE": "property_state",
    "STATE": "property_state",
    "ACCOUNT": "account_name",
    "ACCOUNT_NAME": "account_name",
    "COMPANY": "account_name",
    "COMPANY_NAME": "account_name",
    "PRODUCT": "product",
    "PRODUCT_NAME": "product",
    "CATEGORY": "category",
    "CUSTOMER_ROLE": "customer_role",
    "PRIORITY": "priority",
    "CHANNEL": "channel",
}
"""Placeholder -> field of the case. Who the customer is is in the vault, and not filled in."""


@dataclass(frozen=True, slots=True)
class Filled:
    text: str
    filled: tuple[str, ...]
    """Names of the placeholders that were filled in."""
    left: tuple[str, ...]
    """Names of those that somebody still has to fill in."""


def fill(text: str, case: Case) -> Filled:
    """`text` with what the case says; values that might end a string of code are left out."""
    filled: dict[str, None] = {}
    left: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        value = _value(found[1], case)
        (left if value is None else filled)[found[1]] = None
        return found[0] if value is None else value

    return Filled(_PLACEHOLDER.sub(put, text), tuple(filled), tuple(left))


def shown(text: str) -> str:
    """`text` with placeholders written so that they are not taken for markup."""
    return _PLACEHOLDER.sub(r"\1", text)


def _value(name: str, case: Case) -> str | None:
    field = FIELDS.get(name)
    value: str | None = getattr(case, field) if field else None
    if not value or not _PLAIN.fullmatch(value) or _COMMENT.search(value):
        return None
    return value
