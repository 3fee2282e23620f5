"""How listings are compared: one spelling for areas, one set of words for free text, one digest."""

import json
import re
import unicodedata

from agent.kit.ids import stable_id
from agent.listings.models import Listing, ListingDraft

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_STATE = re.compile(r",\s*[a-z]{2}(\s+\d{5}(-\d{4})?)?\s*$", re.IGNORECASE)
_STREET = (
    "alley|ave|avenue|blvd|boulevard|cir|circle|court|ct|dr|drive|expressway|expy|highway|hwy|"
    "lane|ln|parkway|pkwy|pl|place|plaza|rd|road|sq|square|st|street|ter|terrace|trail|way"
)


def plain(text: str) -> str:
    """Lower case without accents, every run of other signs one blank."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _NOT_WORD.sub(" ", ascii_text.casefold()).strip()


def area_key(area: str) -> str:
    """One key for all spellings of an area; a state after it is left out."""
    return plain(_STATE.sub("", area))


def words(text: str) -> list[str]:
    """The distinct words of a text, a plural like its singular."""
    found = dict.fromkeys(plain(text).split())
    return list(dict.fromkeys(_singular(word) for word in found))


def listing_words(listing: Listing) -> list[str]:
    parts = [
        listing.name,
        listing.unit or "",
        listing.area or "",
        listing.address,
        listing.description,
        *listing.features,
    ]
    return words(" ".join(parts))


def content_digest(draft: ListingDraft) -> str:
    """The same for homes that say the same, whenever they were written."""
    content = draft.model_dump(exclude={"updated_at", "version"})
    return stable_id("content", json.dumps(content, default=str, sort_keys=True))


def place_pattern(key: str) -> str:
    """Finds an area in a plain address, but not a street that is named after it."""
    return rf"(^| ){re.escape(key)}($| (?!({_STREET})( |$)))"


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
