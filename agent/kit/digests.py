import hashlib
import json
from collections.abc import Mapping
from typing import Any


def args_hash(args: Mapping[str, Any]) -> str:
    """The hash that binds a decision to exactly these arguments."""
    canonical = json.dumps(args, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
