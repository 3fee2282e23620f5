"""A ticket's texts without personal data, its contact's own name included."""

import re
from functools import lru_cache

from agent.ai.understanding.patterns import listed
from agent.privacy.models import Contact
from agent.privacy.name_cues import NO_NAME
from agent.privacy.pii import Kind, redact
from agent.tickets.models import TicketDraft

MARK = "[name]"
_TEXTS = ("transcript", "subject", "description")
_LABELS = (
    "channel", "customer_role", "product", "category", "account_name", "property_name",
    "property_city", "property_state", "contact_role",
)  # fmt: skip
_PRIVATE: frozenset[Kind] = frozenset(("email", "phone", "ssn", "card"))
"""What no label may hold; a property may be called by its address."""
_SHORTEST = 3
"""Letters a word of a name has where it stands by itself within a text."""
_ROLES = listed(
    "unknown user test admin support service services account accounts accounting customer client "
    "caller agent tenant office team"
)
"""Words in the place of a name that are none."""
_NAME = re.compile(r"[^\W\d_](?:[\w'’-]|\.(?=\w))*")
_BETWEEN = r"\s+(?:\w\.?\s+)?"
"""Two words of a name, with an initial or without."""
_ASIDE = r"\([^()\n]{0,80}\)"
"""What may stand between a speaker and the colon."""
_FEWEST_DIGITS = 10
"""Of a phone number that can be nothing else."""
_GAP = r"[\s().-]{0,3}"
_EXTENSION = re.compile(r"[x#]|ext", re.IGNORECASE)
_PHONE = 40
"""Characters of a phone number the vault takes."""


def unnamed(text: str, name: str | None) -> str:
    """`text` redacted, with `[name]` for its contact's name.

    The whole name goes in any case, each of its words as a speaker's prefix and, with a capital,
    anywhere.
    """
    for pattern in _patterns(name or ""):
        text = pattern.sub(MARK, text)
    return redact(text).text


def without_contact(draft: TicketDraft) -> TicketDraft:
    """The draft as it may be stored; its contact belongs in the vault."""
    changes: dict[str, str | None] = dict.fromkeys(
        ("contact_name", "contact_email", "contact_phone")
    )
    phone = _phone_pattern(draft.contact_phone or "")
    for field in _TEXTS:
        if said := getattr(draft, field):
            changes[field] = unnamed(
                phone.sub("[phone]", said) if phone else said, draft.contact_name
            )
    for field in _LABELS:
        if said := getattr(draft, field):
            changes[field] = redact(said, kinds=_PRIVATE).text
    return draft.model_copy(update=changes)


def contact_of(draft: TicketDraft) -> Contact:
    return Contact(
        name=draft.contact_name,
        email=draft.contact_email,
        phone=draft.contact_phone[:_PHONE] if draft.contact_phone else None,
    )


def _phone_pattern(phone: str) -> re.Pattern[str] | None:
    """The contact's own number however it is grouped; None for what is too short to be one."""
    digits = "".join(filter(str.isdigit, _EXTENSION.split(phone)[0])).removeprefix("1")
    if not _FEWEST_DIGITS <= len(digits) <= _PHONE:
        return None
    return re.compile(rf"(?<![\w$.])(?:\+?1{_GAP})?\(?{_GAP.join(digits)}(?!\w)")


@lru_cache(maxsize=256)
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    words = [re.escape(word) for word in _NAME.findall(name) if len(word) > 1]
    patterns = []
    if len(words) > 1:
        whole, turned = _BETWEEN.join(words), rf"{words[-1]},\s+{words[0]}"
        patterns.append(re.compile(rf"(?i)(?<!\w)(?:{whole}|{turned})(?!\w)"))
    words = [word for word in words if word.lower() not in _ROLES]
    if words:
        patterns.append(re.compile(rf"(?im)^(?:{'|'.join(words)})(?=(?:[ \t]*{_ASIDE})?[ \t]*:)"))
    alone = [
        word
        for word in words
        if len(word) >= _SHORTEST and word[0].isupper() and word.lower() not in NO_NAME
    ]
    if alone:
        patterns.append(re.compile(rf"(?<!\w)(?:{'|'.join(alone)})(?!\w)"))
    return tuple(patterns)
