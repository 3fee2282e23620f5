"""What the tickets graph remembers: which ticket it is; all else is in the ticket's row."""

from typing import Annotated

from langgraph.channels import UntrackedValue
from typing_extensions import TypedDict

from agent.tickets.models import Case, Grounds, Labels
from graphs.tickets.written import Material, Written


class TicketState(TypedDict, total=False):
    tenant_id: str
    ticket_id: str
    problem: str | None
    """What was wrong with the last answer to its question."""
    # passed from node to node, and in no checkpoint
    case: Annotated[Case, UntrackedValue]
    grounds: Annotated[Grounds, UntrackedValue]
    labels: Annotated[Labels, UntrackedValue]
    material: Annotated[Material, UntrackedValue]
    written: Annotated[Written, UntrackedValue]
