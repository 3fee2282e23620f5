"""What leaves for logs and traces: neither personal data nor secrets."""

import re
from typing import Any

from agent.privacy.pii import redact

_SECRETS = re.compile(
    r"\b(?:lk_[\w-]{8,}|whsec_[\w+/=-]{8,}|sk-[\w-]{8,}|eyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?)"
    r"|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"
    r"|(?<=[Bb]earer )\S+"
)


def scrub(text: str) -> str:
    """`text` with `[secret]` for keys, tokens and passwords, and `[email]`, `[phone]`, … ."""
    return redact(_SECRETS.sub("[secret]", text)).text


def scrubbed(value: Any) -> Any:
    """The same for every text in a structure, names of fields too."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrubbed(name): scrubbed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(inner) for inner in value]
    return value
