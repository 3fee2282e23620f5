"""When two addresses are the same street."""

import re
import unicodedata

from agent.privacy.street_words import DIRECTIONS, KINDS


def address_key(address: str) -> str:
    """One key for the spellings of a street address: unit, city, direction are left out."""
    tokens = _tokens(address.split(",")[0])
    for place, token in enumerate(tokens):
        if place > 1 and token in KINDS.values():
            following = tokens[place + 1 : place + 2]
            if not (following and following[0] in KINDS.values()):
                tokens = tokens[: place + 1]
                break
    kept = [token for token in tokens[1:] if token not in DIRECTIONS.values()]
    return " ".join([*tokens[:1], *(kept or tokens[1:])])


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", plain.replace("'", "").replace(".", ""))
    return [KINDS.get(token, DIRECTIONS.get(token, token)) for token in found]
