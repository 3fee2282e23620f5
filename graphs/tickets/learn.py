"""Letting the next search have what was approved; the rows say what that is."""

from agent.services import Services


async def learn(services: Services, tenant_id: str) -> None:
    """Nothing new the second time; what cannot be done now, the worker does later."""
    await services.tickets.follow_if_possible(tenant_id)
    await services.knowledge.follow_if_possible(tenant_id)
