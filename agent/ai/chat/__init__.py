"""Asks a chat model behind OpenAI's protocol: bounded in time and size, with a way out.

    reply = FieldReader("reply")
    answer = await services.chat.complete(
        [{"role": "system", "content": "..."}, {"role": "user", "content": "..."}],
        tools=[ChatTool("search_listings", "Find homes.", SearchArgs.model_json_schema())],
        schema=Understood,                           # a pydantic model; strict at the server
        on_text=lambda piece: tell(reply.feed(piece)),   # while it is written
    )
    answer.parsed, answer.tool_calls, answer.usage, answer.model
    messages += [answer.message(), *(call.answer("...") for call in answer.tool_calls)]

Every failure is Unavailable with one of the codes in `failures.py`: fall back to the rules.
Once `on_text` was called nothing is asked again: `chat_interrupted` says the text so far is void.
"""

from .field_reader import FieldReader
from .models import ChatTool, Completion, Timeouts, ToolCall, Usage
from .service import ChatModels

__all__ = [
    "ChatModels",
    "ChatTool",
    "Completion",
    "FieldReader",
    "Timeouts",
    "ToolCall",
    "Usage",
]
