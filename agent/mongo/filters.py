"""What may be asked of a collection: filters, updates and pipelines, bound to one tenant."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.errors import Forbidden

TENANT = "tenant_id"
Filter = Mapping[str, Any]
Update = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Pipeline = Sequence[Mapping[str, Any]]

_CODE = {"$where", "$function", "$accumulator", "$expr"}
_ELSEWHERE = {"$lookup", "$graphLookup", "$unionWith", "$out", "$merge"}
_PLAIN = (str, int, float, bytes, list, tuple, datetime, type(None))
"""What is looked at most and is no mapping, told apart at once."""
_WHOLE = {"$replaceRoot", "$replaceWith"}


def bound(tenant_id: str | None, query: Filter) -> dict[str, Any]:
    """`query`, matching only documents of `tenant_id` (of all tenants for None)."""
    _refuse(query, _CODE)
    if tenant_id is None:
        return dict(query)
    if query.get(TENANT, tenant_id) != tenant_id:
        raise Forbidden("tenant_foreign", "A query names a tenant that is not its own.")
    return {**query, TENANT: tenant_id}


def owned(tenant_id: str | None, document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` as a document of `tenant_id`."""
    if tenant_id is None:
        raise Forbidden("tenant_missing", "A document belongs to one tenant: use scoped().")
    if document.get(TENANT, tenant_id) != tenant_id:
        raise Forbidden("tenant_foreign", "A document names a tenant that is not its own.")
    return {**document, TENANT: tenant_id}


def unmoved(update: Update) -> Any:
    """`update`, which cannot hand a document to another tenant."""
    if not isinstance(update, Mapping):
        _refuse(update, _CODE | _WHOLE | {TENANT})
    elif TENANT in _fields(update):
        raise Forbidden("tenant_foreign", "An update may not touch the tenant of a document.")
    return update


def within(tenant_id: str | None, pipeline: Pipeline) -> list[Mapping[str, Any]]:
    """`pipeline`, reading only documents of `tenant_id` and writing nothing."""
    _refuse(pipeline, _CODE | _ELSEWHERE)
    return list(pipeline) if tenant_id is None else [{"$match": bound(tenant_id, {})}, *pipeline]


def _refuse(value: object, names: set[str]) -> None:
    found = names.intersection(_names(value))
    if found:
        raise Forbidden("query_forbidden", f"A query uses {sorted(found)[0]!r}.")


def _fields(update: Mapping[str, Any]) -> Iterator[str]:
    for operator, changes in update.items():
        yield from (path.partition(".")[0] for path in changes)
        if operator == "$rename":
            yield from (path.partition(".")[0] for path in changes.values())


def _names(value: object) -> Iterator[str]:
    """Every key in it, however deep."""
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, dict) or (
            not isinstance(inner, _PLAIN) and isinstance(inner, Mapping)
        ):
            yield from map(str, inner)
            left += inner.values()
        elif isinstance(inner, list | tuple):
            left += inner
