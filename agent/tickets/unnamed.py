"""A ticket's texts without personal data, its contact's own name included."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from unicodedata import combining, normalize

from agent.ai.understanding.patterns import listed
from agent.privacy.models import Contact
from agent.privacy.name_cues import NO_NAME
from agent.privacy.pii import Kind, redact
from agent.tickets.models import TicketDraft
from agent.tickets.speakers import customers, lines

MARK = "[name]"
_TEXTS = ("transcript", "subject", "description")
_LABELS = (
    "channel", "customer_role", "product", "category", "account_name", "property_name",
    "property_city", "property_state", "contact_role", "first_tier_agent_name", "priority",
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
_TITLES = listed("mr mrs ms miss mx dr prof jr sr ii iii iv esq")
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


def unnamed(text: str, *names: str | None) -> str:
    """`text` redacted, with `[name]` for the names of its contact.

    A whole name goes in any case, each of its words as a speaker's prefix and, with a capital,
    anywhere.
    """
    for name in names:
        for pattern in _patterns(name or ""):
            text = pattern.sub(MARK, text)
    return redact(text).text


def without_contact(draft: TicketDraft) -> TicketDraft:
    """The draft as it may be stored; its contact belongs in the vault.

    Where the file names nobody, those who speak beside the support are taken for its contact.
    """
    changes: dict[str, str | None] = dict.fromkeys(
        ("contact_name", "contact_email", "contact_phone")
    )
    phone = _phone_pattern(draft.contact_phone or "")
    names = [draft.contact_name]
    if not draft.contact_name:
        names = [*customers(lines(draft.transcript), draft.first_tier_agent_name)]
    for field in _TEXTS:
        if said := getattr(draft, field):
            changes[field] = unnamed(phone.sub("[phone]", said) if phone else said, *names)
    whole = _whole_name(_words(draft.contact_name or ""))
    for field in _LABELS:
        if said := getattr(draft, field):
            bare = redact(said, kinds=_PRIVATE).text
            changes[field] = whole.sub(MARK, bare) if whole else bare
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
    words = _words(name)
    whole = _whole_name(words)
    patterns = [whole] if whole else []
    words = [word for word in words if word.lower() not in _ROLES]
    if words:
        starts = _any([*words, *map(_plain, words)])
        patterns.append(re.compile(rf"(?im)^{starts}(?=(?:[ \t]*{_ASIDE})?[ \t]*:)"))
    alone = [
        written
        for word in words
        if len(word) >= _SHORTEST and word.lower() not in NO_NAME
        for written in _with_capitals(word, usual=not (name.islower() or name.isupper()))
    ]
    if alone:
        patterns.append(re.compile(rf"(?<!\w){_any([*alone, *map(_plain, alone)])}(?!\w)"))
    return tuple(patterns)


def _whole_name(words: Sequence[str]) -> re.Pattern[str] | None:
    """In either order; None for a single word."""
    if len(words) < 2:
        return None
    spelled = [_any([word, _plain(word)]) for word in words]
    straight, turned = _BETWEEN.join(spelled), rf"{spelled[-1]},\s+{spelled[0]}"
    return re.compile(rf"(?i)(?<!\w)(?:{straight}|{turned})(?!\w)")


def _words(name: str) -> list[str]:
    """Of more than one letter, without titles; of "Miller, Skyler" the family name last."""
    last, _, first = name.partition(",")
    words = _NAME.findall(f"{first} {last}")
    return [word for word in words if len(word) > 1 and word.lower() not in _TITLES]


def _with_capitals(word: str, *, usual: bool) -> set[str]:
    """As a text may write it, of a name in the `usual` case or in one case only."""
    if usual and word[0].islower():
        return set()
    return {word if usual else word.title(), word.upper()}


def _plain(word: str) -> str:
    """Without accents."""
    return "".join(sign for sign in normalize("NFKD", word) if not combining(sign))


def _any(words: Iterable[str]) -> str:
    """A pattern; the longest first, as one may begin another."""
    return (
        f"(?:{'|'.join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))})"
    )
