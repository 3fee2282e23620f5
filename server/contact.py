"""How a caller says whom to reach."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent.privacy.models import Contact
from agent.privacy.phones import e164

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
Name = Annotated[str, Field(min_length=1, max_length=200)]


class ContactFields(BaseModel):
    """How to reach the lead; kept in the vault alone."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    email: str | None = Field(
        default=None, max_length=320, json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"}
    )
    phone: str | None = Field(default=None, max_length=40)

    @field_validator("email")
    @classmethod
    def _address(cls, email: str | None) -> str | None:
        if email is not None and not _ADDRESS.fullmatch(email):
            raise ValueError("no e-mail address; write it as name@example.com")
        return email

    @field_validator("phone")
    @classmethod
    def _number(cls, phone: str | None) -> str | None:
        if phone is None:
            return None
        number = e164(phone)
        if number is None:
            raise ValueError("no phone number; write it as +15035550142")
        return number

    def contact(self) -> Contact:
        email = self.email.lower() if self.email else None
        return Contact(name=self.name, email=email, phone=self.phone)
