import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent.privacy.phones import e164

_E164 = re.compile(r"\+\d{7,15}")


class Contact(BaseModel):
    """How to reach a person. Lives in the vault and on the way to a provider, nowhere else."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    """In lower case."""
    phone: str | None = Field(default=None, max_length=40)
    """E.164 where it could be read as a number."""

    @field_validator("email")
    @classmethod
    def _one_case(cls, email: str | None) -> str | None:
        return email.strip().lower() if email else None

    @field_validator("phone")
    @classmethod
    def _one_spelling(cls, phone: str | None) -> str | None:
        if not phone or _E164.fullmatch(phone):
            return phone or None
        return e164(phone) or phone.strip()

    @property
    def reachable(self) -> bool:
        return bool(self.email or self.phone)

    def over(self, older: "Contact") -> "Contact":
        """These values, with the gaps filled from `older`."""
        return Contact(**{**older.model_dump(), **self.model_dump(exclude_none=True)})
