"""The policy that the settings name."""

from agent.errors import Misconfigured
from agent.services import Services
from graphs.leasing.policy import Policy
from graphs.leasing.policy_rules import RulesPolicy
from graphs.voices import Voices


def open_policy(services: Services, voices: Voices | None = None) -> Policy:
    """Raises Misconfigured `chat_missing` where `llm` is named and no model can be asked."""
    rules = RulesPolicy()
    if services.settings.policy == "rules":
        return rules
    if services.chat is None:
        raise Misconfigured(
            "chat_missing",
            "LATCHKEY_POLICY=llm needs a model: set OPENAI_API_KEY, or OPENAI_BASE_URL for a "
            "server of your own.",
        )
    from graphs.leasing.policy_llm import LlmPolicy

    return LlmPolicy(services.chat, rules, voices=voices)
