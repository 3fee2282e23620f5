from pydantic import BaseModel, ConfigDict, Field


class Contact(BaseModel):
    """How to reach a person. Lives in the vault and on the way to a provider, nowhere else."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    phone: str | None = Field(default=None, max_length=40)
    """E.164 where it could be read as a number."""

    @property
    def reachable(self) -> bool:
        return bool(self.email or self.phone)

    def over(self, older: "Contact") -> "Contact":
        """These values, with the gaps filled from `older`."""
        return Contact(**{**older.model_dump(), **self.model_dump(exclude_none=True)})
