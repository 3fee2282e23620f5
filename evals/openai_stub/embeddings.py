"""POST /embeddings: vectors from hashed words and their trigrams, so that like texts are near."""

import base64
import hashlib
import math
import re
from array import array
from typing import Any

from .faults import Fault
from .models import Refused
from .tokens import tokens

DIMENSIONS = {"text-embedding-3-large": 3072}
DEFAULT_DIMENSIONS = 1536
MOST_INPUTS = 2048
MOST_TOKENS = 8192
_WORD = re.compile(r"\w+")


def embed(request: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """The answer. Raises Refused on an empty or too long input, as OpenAI does."""
    texts = _texts(request.get("input"))
    model = request.get("model", "")
    size = _size(model, request.get("dimensions"))
    count = sum(len(tokens(text)) for text in texts)
    kind = fault.kind if fault else None
    if kind == "wrong_dimension":
        size //= 2
    if kind == "fewer_vectors":
        texts = texts[:-1]
    encoded = request.get("encoding_format", "float") == "base64"
    data = []
    for index, text in enumerate(texts):
        values = vector(text, size)
        shown = base64.b64encode(values.tobytes()).decode() if encoded else values.tolist()
        data.append({"object": "embedding", "index": index, "embedding": shown})
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def vector(text: str, size: int) -> "array[float]":
    """Unit length, float32; the same text gives the same vector in every process."""
    values = [0.0] * size
    for word in _WORD.findall(text.casefold()):
        _add(values, word, 1.0)
        padded = f"<{word}>"
        for start in range(len(padded) - 2):
            _add(values, padded[start : start + 3], 0.3)
    length = math.sqrt(sum(value * value for value in values))
    if not length:
        values[0] = length = 1.0
    return array("f", (value / length for value in values))


def _add(values: list[float], feature: str, weight: float) -> None:
    digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
    values[(digest >> 1) % len(values)] += weight if digest & 1 else -weight


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not given:
        raise Refused(400, "'input' cannot be empty.", param="input")
    if all(isinstance(item, int) for item in given):
        given = [given]
    if len(given) > MOST_INPUTS:
        raise Refused(400, f"'input' may hold at most {MOST_INPUTS} items.", param="input")
    texts = [item if isinstance(item, str) else " ".join(map(str, item)) for item in given]
    if not all(texts):
        raise Refused(400, "'input' cannot be an empty string.", param="input")
    if any(len(tokens(text)) > MOST_TOKENS for text in texts):
        raise Refused(
            400, f"This model's maximum context length is {MOST_TOKENS} tokens.", param="input"
        )
    return texts


def _size(model: str, wanted: Any) -> int:
    largest = DIMENSIONS.get(model, DEFAULT_DIMENSIONS)
    if wanted is None:
        return largest
    if not isinstance(wanted, int) or not 1 <= wanted <= largest:
        raise Refused(400, f"'dimensions' must be from 1 to {largest}.", param="dimensions")
    return wanted
