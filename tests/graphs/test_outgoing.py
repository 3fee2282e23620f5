"""No reply is written down before its last look, whichever policy made it."""

import json

import pytest

from agent.approvals.models import Decision
from agent.services import Services
from agent.threads.models import Role, ThreadStatus
from graphs.answer import Answer
from graphs.runtime import Runtime

TENANT = "default"


async def with_policy(services: Services, text: str) -> None:
    community = await services.tenants.community(TENANT, "alder-row")
    policies = {**community.policies, "smoking": text}
    changed = community.model_copy(update={"policies": policies})
    await services.tenants.put_community(TENANT, changed)


async def asked(runtime: Runtime, *lines: str) -> Answer:
    started = await runtime.start(TENANT, community_id="alder-row")
    for line in lines:
        answer = await runtime.reply(TENANT, started.thread_id, line)
    return answer


class TestRules:
    async def test_a_refused_policy_text_gives_way(self, runtime: Runtime, demo: Services) -> None:
        await with_policy(demo, "No smoking. No smokers and no kids. Vaping counts too.")
        answer = await asked(runtime, "What is the smoking policy?")
        assert "no kids" not in answer.reply
        assert "No smoking." in answer.reply
        assert "Vaping counts too." in answer.reply
        assert "filter:FH3" in answer.why.rules

    async def test_nothing_of_it_stays_in_the_memory(
        self, runtime: Runtime, demo: Services
    ) -> None:
        await with_policy(demo, "Smoking is fine, but no kids.")
        answer = await asked(runtime, "What is the smoking policy?")
        memory = await runtime._runner.memory(TENANT, answer.thread_id)
        assert "no kids" not in json.dumps(memory, default=str)

    @pytest.mark.parametrize(
        "text", ["We do not accept vouchers.", "Felons may not smoke here.", "No Section 8."]
    )
    async def test_some_rules_bring_in_a_person(
        self, runtime: Runtime, demo: Services, text: str
    ) -> None:
        await with_policy(demo, text)
        answer = await asked(runtime, "What is the smoking policy?")
        assert text not in answer.reply
        thread = await demo.threads.get(TENANT, answer.thread_id)
        assert thread.status is ThreadStatus.HANDED_OFF

    async def test_the_office_phone_and_links_stay(self, runtime: Runtime, demo: Services) -> None:
        text = "Smoking is banned; call (503) 555-0114 or see https://example.com/alder-row/smoke."
        await with_policy(demo, text)
        answer = await asked(runtime, "What is the smoking policy?")
        assert text in answer.reply
        assert not [rule for rule in answer.why.rules if rule.startswith("filter:")]


async def test_words_of_the_office_pass_with_a_note(runtime: Runtime, demo: Services) -> None:
    lead = await asked(
        runtime,
        "2 bedrooms in Portland please",
        "I want to tour the first one",
        "the first time",
        "I'm Sam Lee, sam@lee.example",
        "yes please",
    )
    [row] = await demo.approvals.store.pending(TENANT, lead.thread_id)
    note = "Bring your kids, the area is very safe. See https://tours.example.net."
    decision = Decision(decision="respond", message=note)
    await runtime.decide(TENANT, row.action_id, decision, actor="office")
    await runtime.caught_up(TENANT, lead.thread_id)
    told = await demo.threads.store.latest(TENANT, lead.thread_id, Role.AGENT)
    assert told is not None
    assert told.why is not None
    assert note in told.text
    assert "filter:FH2:staff" in told.why.rules
