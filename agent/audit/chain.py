"""The arithmetic of the audit chain, and what it finds; no query."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.audit.models import AuditRecord, Broken, Head

GENESIS = "0" * 64
_SAID = tuple(AuditRecord.model_fields)
_STORED = frozenset((*_SAID, "mark", "sealed", "seq", "hash", "tenant_id"))


class Chain:
    """Signs what is recorded. Whoever lacks the key can neither make a record nor a link."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, tenant_id: str, row: Mapping[str, Any]) -> str:
        """What proves that a record was written here, before it has its place in the chain."""
        return self._sign("record", tenant_id, *_said(row))

    def link(self, tenant_id: str, before: str, seq: int, row: Mapping[str, Any]) -> str:
        """The hash of the record that follows the one with the hash `before`."""
        return self._sign("link", tenant_id, before, seq, *_said(row), row.get("mark"))

    def head(self, tenant_id: str, seq: int, hash: str) -> Head:
        return Head(seq=seq, hash=hash, signature=self._sign("head", tenant_id, seq, hash))

    def signed(self, tenant_id: str, head: Head) -> bool:
        """Whether `head` was made here, for this tenant."""
        wanted = self.head(tenant_id, head.seq, head.hash).signature
        return hmac.compare_digest(wanted, head.signature)

    def _sign(self, *parts: Any) -> str:
        plain = json.dumps(
            parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_unusual
        )
        return hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()


class Walk:
    """Follows one chain from its beginning; `broken` is the first place that is wrong."""

    def __init__(self, chain: Chain, tenant_id: str) -> None:
        self.seq = 0
        self.broken: Broken | None = None
        self._chain = chain
        self._tenant_id = tenant_id
        self._hashes: dict[int, str] = {0: GENESIS}
        self._kept: frozenset[int] = frozenset()
        self._anchors: Sequence[Head] = ()

    def expect(self, anchors: Sequence[Head]) -> None:
        """What was written down elsewhere: the chain must have passed through it."""
        self._anchors = anchors
        self._kept = frozenset(anchor.seq for anchor in anchors)

    def take(self, row: Mapping[str, Any]) -> bool:
        """The next record by its number; whether the chain holds so far."""
        if self.broken is None:
            self._take(row)
        return self.broken is None

    def _take(self, row: Mapping[str, Any]) -> None:
        seq = row.get("seq")
        if not isinstance(seq, int) or seq != self.seq + 1:
            later = isinstance(seq, int) and seq > self.seq + 1
            self._break("missing" if later else "reordered", row)
            return
        before = self._hashes[self.seq]
        if set(row) - _STORED or row.get("hash") != self._chain.link(
            self._tenant_id, before, seq, row
        ):
            self._break("edited", row)
        elif row.get("mark") != self._chain.mark(self._tenant_id, row):
            self._break("forged", row)
        else:
            if self.seq not in self._kept and self.seq:
                del self._hashes[self.seq]
            self.seq = seq
            self._hashes[seq] = row["hash"]

    def end(self, head: Head | None) -> Broken | None:
        """What is wrong with the whole: its end is `head`, and every anchor lies on the way."""
        if self.broken is None:
            self._end(head)
        return self.broken

    def _end(self, head: Head | None) -> None:
        if head is None:
            if self.seq or self._anchors:
                self._break("truncated")
        elif not self._chain.signed(self._tenant_id, head):
            self._break("head_invalid")
        elif head.seq > self.seq:
            self._break("truncated")
        elif head.seq < self.seq:
            self.seq = head.seq
            self._break("added")
        elif head.hash != self._hashes[self.seq]:
            self._break("head_invalid")
        for anchor in self._anchors:
            if self.broken is None:
                self._pass(anchor)

    def _pass(self, anchor: Head) -> None:
        if not self._chain.signed(self._tenant_id, anchor):
            self.broken = Broken(seq=max(anchor.seq, 0), reason="anchor_invalid")
        elif anchor.seq > self.seq:
            self._break("truncated")
        elif self._hashes.get(anchor.seq) != anchor.hash:
            self.broken = Broken(seq=anchor.seq, reason="truncated")

    def _break(self, reason: Any, row: Mapping[str, Any] = {}) -> None:
        audit_id = row.get("audit_id")
        self.broken = Broken(
            seq=self.seq + 1,
            reason=reason,
            audit_id=audit_id if isinstance(audit_id, str) else None,
        )


def _said(row: Mapping[str, Any]) -> list[Any]:
    return [_plain(row.get(name)) for name in _SAID]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return value


def _unusual(value: Any) -> str:
    """What no record of ours holds, so that it equals nothing."""
    return f"{type(value).__name__}:{value!r}"
