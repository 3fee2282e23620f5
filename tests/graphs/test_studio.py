from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agent.services import Services
from graphs.studio import visits

CONFIG: RunnableConfig = {"configurable": {"thread_id": "studio"}}


async def test_a_tour_is_asked_for_approved_and_told_step_by_step(demo: Services) -> None:
    graph = visits(demo).compile(checkpointer=InMemorySaver())

    async def say(message: str) -> dict[str, Any]:
        state: dict[str, Any] = await graph.ainvoke({"message": message}, CONFIG)
        return state

    offer = await say("two bedrooms in Portland under 3000")
    assert len(offer["output"]["listings"]) == 3
    times = await say("I'd like to tour the first one")
    assert times["thread_id"] == offer["thread_id"]
    await say(f"{times['output']['slots'][0]['label']}. I'm Sam Lee, sam@lee.example")
    waiting = await say("yes please")
    (asked,) = waiting["__interrupt__"]
    assert asked.value["action_request"]["action"] == "schedule_tour"
    assert "lee.example" not in str(waiting)

    told: dict[str, Any] = await graph.ainvoke(Command(resume={"decision": "approve"}), CONFIG)
    assert "booked" in told["output"]["reply"].lower()
    approval = await demo.approvals.get("default", asked.value["action_id"])
    assert (approval.status, approval.decided_by) == ("approved", "studio")
    tour = await demo.tours.get("default", approval.args["tour_id"])
    assert tour.status == "booked"
