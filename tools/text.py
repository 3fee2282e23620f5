"""Free text in arguments of tools: contact data stays in the vault, whoever writes it."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from agent.privacy.pii import CONTACT, redact


def _redacted(said: Any) -> Any:
    return redact(said, kinds=CONTACT).text if isinstance(said, str) else said


FreeText = Annotated[str, BeforeValidator(_redacted)]
"""Limits of its length are those of the redacted text."""
