"""What the routes of one running server share."""

import asyncio
from dataclasses import dataclass, field

from agent.services import Services
from graphs.runtime import Runtime
from server.visitors import Visitors


@dataclass(frozen=True, slots=True)
class State:
    services: Services
    runtime: Runtime
    visitors: Visitors
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is about to stop: open streams end, nothing new is ready."""
