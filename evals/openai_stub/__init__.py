"""A loopback server that speaks OpenAI's protocol, for tests, evaluations and runs without a key.

    async with openai_stub(lambda request: Reply("hello")) as stub:
        client = openai.AsyncOpenAI(base_url=stub.base_url, api_key="any")
        stub.faults.append(Fault("status", status=429, retry_after=2))   # the next call
        stub.always(Fault("slow_headers", seconds=1))                    # every other call
        ...
        stub.requests[-1].body["messages"]; stub.usage.cached_tokens

`python -m evals.openai_stub --port 8085` runs it by hand and prints its base URL.
"""

from .faults import Fault
from .models import Recorded, Reply, Usage
from .stub import Stub, openai_stub

__all__ = ["Fault", "Recorded", "Reply", "Stub", "Usage", "openai_stub"]
