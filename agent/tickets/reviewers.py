"""Who reviews tickets, and which of them they may decide."""

import re
from dataclasses import dataclass

from agent.errors import Forbidden
from agent.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Reviewer:
    name: str
    """For the audit: `user:…` or `key:…`."""
    user_id: str | None = None
    """None for a program."""
    tier: int | None = None
    admin: bool = False
    """An admin, or a program: may decide whatever the tier."""

    def may_decide(self, ticket: Ticket) -> bool:
        return self.admin or ticket.tier is None or (self.tier or 0) >= ticket.tier

    def require(self, ticket: Ticket) -> None:
        """Raises Forbidden `ticket_tier`."""
        if not self.may_decide(ticket):
            raise Forbidden(
                "ticket_tier",
                f"This ticket is for tier {ticket.tier} and above; assign it to somebody of that "
                "tier.",
            )


def tier_number(tier: str | None) -> int | None:
    """3 for `Tier3`, as accounts have it."""
    found = re.search(r"\d+", tier or "")
    return int(found.group()) if found else None
