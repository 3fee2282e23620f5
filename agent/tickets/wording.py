"""The words by which a ticket is found again: what its contact wanted, not who or where it was."""

import re
from collections.abc import Iterator

from agent.tickets.models import Case
from agent.tickets.speakers import lines, support, undecided

MOST = 2_000
"""Characters that are looked at."""
OPENING = 2
"""Lines of the customer that say what is wanted, where nobody has written it down."""
_FEW = 4
"""Words of a line that may say nothing but hello."""
_SHORTEST = 4
"""Characters of a name that is taken out; shorter ones are words too."""
_STATED = re.compile(r"\bcategory\s*[:=]\s*([^.;|\n]{2,100})[.;|]?", re.IGNORECASE)
_MARK = re.compile(r"\[[a-z]+\]")
_BLANKS = re.compile(r"[ \t]+")


def asked(case: Case) -> str:
    """Subject and description, else how the customer begins; never empty for a transcript."""
    said = "\n".join(text for text in (case.subject, case.description) if text)
    return _plain(case, said) or _plain(case, opening(case.transcript)) or case.transcript[:MOST]


def focus(case: Case) -> str:
    """The shortest words that say it: the subject, where there is one."""
    return _plain(case, case.subject or "") or asked(case)


def stated(case: Case) -> str | None:
    """The category that the text names, as "Category: …" does; it may be none."""
    for text in (case.subject, case.description, case.transcript):
        if found := _STATED.search(text or ""):
            return found[1].strip()
    return None


def opening(transcript: str) -> str:
    """How the customer begins; of a text without speakers, its start."""
    said = lines(transcript)
    helping = support(said)
    if not helping and len(others := undecided(said)) < len({line.who for line in said}):
        helping = {*others}
    wanted = [line.said for line in said if line.who not in helping]
    telling = [text for text in wanted if len(text.split()) > _FEW][:OPENING]
    return "\n".join(telling or wanted[:OPENING]) or transcript[:MOST]


def _plain(case: Case, text: str) -> str:
    """`text` without its label, marks of redaction and the names its fields hold."""
    label = case.category or stated(case)
    bare = _MARK.sub(" ", _STATED.sub(" ", text[:MOST]))
    if label:
        bare = re.sub(rf"(?im)^\s*{re.escape(label)}\s*:\s*", "", bare)
    for name in _names(case):
        bare = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", bare)
    return _BLANKS.sub(" ", bare).strip()


def _names(case: Case) -> Iterator[str]:
    """The longest first, so that none is left in halves."""
    named = (case.property_name, case.account_name, case.product)
    yield from sorted((n for n in named if n and len(n) >= _SHORTEST), key=lambda n: -len(n))
