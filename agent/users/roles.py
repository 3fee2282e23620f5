"""What a person does here; which scopes that takes is the server's."""

from enum import StrEnum


class Role(StrEnum):
    REALPAGE_USER = "realpage_user"
    """Whoever registers: opens tickets and reads their answers."""
    LEASING_AGENT = "leasing_agent"
    SUPPORT_AGENT = "support_agent"
    ADMIN = "admin"
