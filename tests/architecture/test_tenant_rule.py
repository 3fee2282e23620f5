"""The tenant filter is built in one place, and only there does anyone touch the driver."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "graphs", "tools", "prompts", "server", "evals")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

DRIVER = {"pymongo", "bson", "motor", "gridfs"}
HANDLES = {"async_client", "sync_client", "handle"}
MAY_USE_HANDLES = {"graphs/checkpoints.py"}
MAY_SEE_ALL_TENANTS = {
    # who is asking? a key or a site key names the tenant
    "agent/tenants/keys.py",
    "agent/tenants/store.py",
    "agent/inbound/store.py",
    "agent/privacy/erasure.py",
    "agent/users/store.py",
    # background workers
    "agent/outbox/store.py",
    "agent/threads/store.py",
    "agent/threads/filing.py",
    "agent/approvals/store.py",
    "agent/tours/store.py",
    "agent/events/store.py",
    "agent/audit/store.py",
    "agent/insight/store.py",
    "agent/jobs/store.py",
    "agent/knowledge/store.py",
    "agent/tickets/store.py",
}
QUERIES = {
    "find", "find_one", "stream", "update", "update_many", "find_and_update", "replace",
    "delete_many", "count", "distinct", "aggregate",
}  # fmt: skip


def offences(source: str, name: str) -> list[str]:
    """What `source`, the file called `name`, does that only agent/mongo may do."""
    if name.startswith("agent/mongo/"):
        return []
    tree = ast.parse(source)
    return [
        f"{name}:{line}: {what}"
        for line, what in (
            *_driver(tree, name),
            *_handles(tree, name),
            *_all_tenants(tree, name),
            *_tenant_filters(tree, name),
        )
    ]


def _driver(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        for module in modules:
            if module.split(".")[0] in DRIVER and name not in MAY_USE_HANDLES:
                yield node.lineno, f"imports {module}; use agent.mongo.repository"  # type: ignore[attr-defined]


def _handles(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in HANDLES and name not in MAY_USE_HANDLES:
            yield node.lineno, f"uses .{node.attr}; use a Repository"


def _all_tenants(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        sees_all = isinstance(node, ast.Attribute) and node.attr == "across_tenants"
        if sees_all and name not in MAY_SEE_ALL_TENANTS:
            yield node.lineno, "sees all tenants; use scoped()"  # type: ignore[attr-defined]


def _tenant_filters(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    """A query that names the tenant: in the arguments of a query, or anywhere in a store."""
    in_store = name.endswith("/store.py")
    for node in ast.walk(tree):
        asks = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in QUERIES
        )
        if asks or (in_store and isinstance(node, ast.Module)):
            for line in _tenant_keys(node):
                yield line, "names tenant_id in a query; scoped() adds it"


def _tenant_keys(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            names = isinstance(key, ast.Constant) and key.value == "tenant_id"
            projects = isinstance(value, ast.Constant) and value.value in (0, 1)
            if names and not projects:
                yield value.lineno
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == "tenant_id"
    ):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _tenant_keys(child)


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_else_binds_tenants_or_touches_the_driver(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert offences(path.read_text(encoding="utf-8"), name) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("agent/leads/store.py", "import pymongo"),
        ("agent/leads/store.py", "from bson import ObjectId"),
        ("server/app.py", "def f():\n    from pymongo.errors import PyMongoError"),
        ("server/app.py", "database.async_client"),
        ("agent/leads/service.py", "services.database.handle['leads']"),
        ("agent/leads/store.py", "self._repository.across_tenants('leads')"),
        ("agent/leads/service.py", "rows.find({'tenant_id': t})"),
        ("agent/leads/service.py", "rows.count({'$or': [{'tenant_id': t}]})"),
        ("agent/leads/store.py", "where = {'tenant_id': t}"),
        ("agent/leads/store.py", "where['tenant_id'] = t"),
    ],
)
def test_it_finds_what_it_looks_for(name: str, source: str) -> None:
    assert offences(source, name)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("agent/mongo/repository.py", "import pymongo"),
        ("graphs/checkpoints.py", "database.sync_client()"),
        ("agent/outbox/store.py", "repository.across_tenants('outbox')"),
        ("agent/threads/store.py", "rows.find({}, projection={'tenant_id': 1})"),
        ("agent/threads/store.py", "_STORED = {'tenant_id': 0}"),
        ("agent/threads/store.py", "row['tenant_id']"),
        ("server/routes/tenants.py", "return {'tenant_id': tenant.tenant_id}"),
    ],
)
def test_it_lets_the_rest_be(name: str, source: str) -> None:
    assert not offences(source, name)
