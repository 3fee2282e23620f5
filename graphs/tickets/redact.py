"""A case without personal data, before anything is looked for or a model sees it."""

from agent.privacy.pii import redact
from agent.tickets.models import Case

_TEXTS = ("transcript", "subject", "description")


def redacted(case: Case) -> Case:
    """What has been redacted stays as it is."""
    said = case.model_dump(include=set(_TEXTS), exclude_none=True)
    return case.model_copy(update={name: redact(text).text for name, text in said.items()})
