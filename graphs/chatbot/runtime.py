"""The one door to the chatbot: a question in, a grounded answer out."""

from pydantic import BaseModel, Field

from agent.services import Services


class Citation(BaseModel):
    """Something an answer rests on."""

    id: str
    title: str
    score: float


class ChatAnswer(BaseModel):
    reply: str
    thread_id: str
    citations: list[Citation] = Field(default_factory=list)
    offer_ticket: bool
    """Nothing was found that answers: a ticket would be the way."""


class Chatbot:
    """Answers from what is written down, or says that nothing is."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def answer(
        self,
        tenant_id: str,
        owner: str,
        message: str,
        thread_id: str | None = None,
        *,
        staff: bool = False,
    ) -> ChatAnswer:
        """Answer `message` in a thread of `owner`; without `thread_id` in a new one.

        Only `staff` is answered from resolutions and scripts. Raises NotFound `chat_not_found` for
        a thread that is not this owner's, InvalidInput and TooLarge for the message.
        """
        raise NotImplementedError
