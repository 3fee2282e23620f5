"""The client of a chat server; imported late, for it brings langchain-openai along."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import openai
from langchain_core.messages import AIMessageChunk, BaseMessageChunk, convert_to_messages
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.ai.chat.failures import failure_of, garbage
from agent.ai.chat.models import Message, Piece

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""Sent to a server of one's own that asks for no key."""


class _Model(ChatOpenAI):
    """ChatOpenAI that keeps the words of a refusal, which it drops from streams."""

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: dict[str, Any],
        default_chunk_class: type[BaseMessageChunk],
        base_generation_info: dict[str, Any] | None,
    ) -> ChatGenerationChunk | None:
        found = super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )
        for choice in chunk.get("choices") or []:
            refusal = (choice.get("delta") or {}).get("refusal")
            if found is not None and refusal:
                found.message.additional_kwargs["refusal"] = refusal
        return found


class Client:
    """One pool of connections for every model; `close` it at the end."""

    def __init__(self, key: SecretStr | None, base_url: str | None, connect: float) -> None:
        self._key = key or SecretStr(NO_KEY)
        self._base_url = base_url or OPENAI
        # the first token and the whole are timed by the caller
        self._http = openai.DefaultAsyncHttpxClient(timeout=openai.Timeout(None, connect=connect))
        self._models: dict[str, _Model] = {}

    async def stream(
        self,
        model: str,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        response_format: Mapping[str, Any] | None,
    ) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece. Raises Failure for all that goes wrong on the way."""
        asked: dict[str, Any] = {"tools": list(tools)} if tools else {}
        if response_format is not None:
            # in the open, `response_format` would send the stream through a parser that wants
            # strict tools and raises on its own terms
            asked["extra_body"] = {"response_format": response_format}
        conversation = convert_to_messages([dict(message) for message in messages])
        try:
            stream = self._model(model).astream(conversation, **asked)
            async with aclosing(stream) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield _piece(chunk)
        except openai.OpenAIError as error:
            raise failure_of(error) from error
        except TimeoutError:
            raise
        except Exception as error:
            # parsers of three libraries: whatever they raise, the answer was not readable
            raise garbage("garbage") from error

    async def close(self) -> None:
        await self._http.aclose()

    def _model(self, name: str) -> _Model:
        if name not in self._models:
            self._models[name] = _Model(
                model_name=name,
                openai_api_key=self._key,
                openai_api_base=self._base_url,
                http_async_client=self._http,
                max_retries=0,
                stream_usage=True,
                stream_chunk_timeout=None,
                use_responses_api=False,
            )
        return self._models[name]


def _piece(chunk: Any) -> Piece:
    if not isinstance(chunk, AIMessageChunk):
        return Piece()
    usage = chunk.usage_metadata
    tokens = None
    if usage is not None:
        cached = usage.get("input_token_details", {}).get("cache_read") or 0
        tokens = (usage["input_tokens"], usage["output_tokens"], cached)
    return Piece(
        text=chunk.content if isinstance(chunk.content, str) else "",
        refusal=str(chunk.additional_kwargs.get("refusal") or ""),
        calls=[
            (call["index"] or 0, call["id"] or "", call["name"] or "", call["args"] or "")
            for call in chunk.tool_call_chunks
        ],
        finish_reason=chunk.response_metadata.get("finish_reason"),
        tokens=tokens,
    )
