"""What a finished turn tells the meters."""

from agent.ai.chat.prices import cost
from agent.services import Services
from agent.threads.models import TurnResult

_NOT_FOUND = "say:unknown_answer"
_LOOKUPS = frozenset({"tool:search_knowledge", "tool:search_conversations"})


def turned(services: Services, result: TurnResult, seconds: float) -> None:
    """Count the turn, what its model took, and whether what was asked for stood anywhere."""
    meters, why = services.telemetry, result.why
    meters.turn(
        stage=result.stage.value,
        policy=services.settings.policy,
        seconds=seconds,
        failed="turn_failed" in why.rules,
    )
    if (model := why.model) and model.calls:
        fresh = model.input_tokens - model.cached_tokens
        meters.tokens(
            model.name,
            fresh=fresh,
            cached=model.cached_tokens,
            output=model.output_tokens,
            usd=cost(
                model.name, fresh=fresh, cached=model.cached_tokens, output=model.output_tokens
            ),
        )
    answered = any(rule.startswith("answer:") for rule in why.rules)
    looked_up = not _LOOKUPS.isdisjoint(why.rules)
    if answered or looked_up or _NOT_FOUND in why.rules:
        meters.retrieval(found=answered or (looked_up and bool(why.retrieved)))
