"""The words by which a ticket is found again."""

from agent.tickets.models import Case


def asked(case: Case) -> str:
    """What its contact wanted: subject and description, else the transcript."""
    said = "\n".join(text for text in (case.subject, case.description) if text)
    return said or case.transcript
