"""An answer as events: what is said while it is written, then what it came to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from graphs.answer import Answer, StreamEvent
from graphs.voices import Heard


@dataclass(slots=True)
class Telling:
    """What one caller has been told of the reply to one message so far."""

    turn_index: int
    """Of the message."""
    said: str = field(default="", init=False)

    async def live(
        self, heard: Heard, answered: asyncio.Task[Answer]
    ) -> AsyncIterator[StreamEvent]:
        """The reply as it is written, until `answered` is done; nothing where no one speaks."""
        answered.add_done_callback(lambda _: heard.put_nowait(None))
        while (piece := await heard.get()) is not None:
            if self.turn_index not in piece.turns:
                continue
            if not self.said:
                yield StreamEvent("stage", {"stage": piece.stage})
            self.said += piece.text
            yield StreamEvent("token", {"text": piece.text})

    def rest(self, answer: Answer) -> list[StreamEvent]:
        """What is left to tell; `reset` voids the tokens before it: the reply became another."""
        data = answer.model_dump(mode="json")
        events: list[StreamEvent] = []
        if not answer.reply.startswith(self.said):
            self.said = ""
            events.append(StreamEvent("reset", {}))
        elif not self.said:
            events.append(StreamEvent("stage", {"stage": data["stage"]}))
        left = answer.reply.removeprefix(self.said)
        events += [StreamEvent("token", {"text": piece}) for piece in _pieces(left) if piece]
        if answer.listings:
            events.append(StreamEvent("listings", {"listings": data["listings"]}))
        if answer.slots:
            events.append(StreamEvent("slots", {"slots": data["slots"]}))
        if answer.pending_actions:
            events.append(StreamEvent("pending", {"pending_actions": data["pending_actions"]}))
        return [*events, StreamEvent("done", data)]


def _pieces(text: str) -> list[str]:
    """Words with the blank before them, so that joining them gives the text."""
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])]
