"""A server that speaks as much of Composio's protocol as its SDK needs to execute tools.

async with composio_stub() as stub:
    ...  # COMPOSIO_BASE_URL=stub.base_url
    stub.executions
"""

from .stub import Execution, Stub, composio_stub

__all__ = ["Execution", "Stub", "composio_stub"]
