import json
from typing import Any

import openai
import pytest

from evals.openai_stub import Fault, Reply, Stub

EXAMPLE = json.dumps(
    {
        "messages": [
            {"role": "user", "content": "Is it furnished?"},
            {"role": "assistant", "content": "Yes — it is. 🏠"},
        ]
    },
    ensure_ascii=False,
)
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


async def upload(client: openai.AsyncOpenAI, text: str = f"{EXAMPLE}\n" * 10) -> str:
    file = await client.files.create(file=("train.jsonl", text.encode()), purpose="fine-tune")
    return file.id


async def test_a_file_goes_up_and_comes_back(stub: Stub, client: openai.AsyncOpenAI) -> None:
    file_id = await upload(client)
    row = await client.files.retrieve(file_id)
    assert (row.filename, row.purpose, row.bytes) == (
        "train.jsonl",
        "fine-tune",
        len(f"{EXAMPLE}\n".encode()) * 10,
    )
    content = await client.files.content(file_id)
    assert content.text == f"{EXAMPLE}\n" * 10
    assert stub.requests[0].body == {"purpose": "fine-tune", "file": "train.jsonl"}
    assert [file.id async for file in client.files.list()] == [file_id]
    assert (await client.files.delete(file_id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.files.retrieve(file_id)


async def test_a_job_runs_until_its_model_answers(stub: Stub, client: openai.AsyncOpenAI) -> None:
    jobs = client.fine_tuning.jobs
    job = await jobs.create(
        model="gpt-4.1-mini", training_file=await upload(client), suffix="latchkey"
    )
    states = [job.status]
    while job.status not in ("succeeded", "failed"):
        job = await jobs.retrieve(job.id)
        states.append(job.status)
    assert states == ["queued", "running", "succeeded"]
    assert job.fine_tuned_model == "ft:gpt-4.1-mini:stub:latchkey:0001"
    assert job.trained_tokens
    assert job.finished_at
    assert len([event async for event in jobs.list_events(job.id)]) == 3
    assert [listed.id async for listed in jobs.list()] == [job.id]
    stub.brain = lambda request: Reply(f"I am {request['model']}")
    answer = await client.chat.completions.create(model=job.fine_tuned_model, messages=HELLO)
    assert answer.choices[0].message.content == f"I am {job.fine_tuned_model}"
    await client.models.delete(job.fine_tuned_model)
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model=job.fine_tuned_model, messages=HELLO)


async def test_a_job_can_be_slow_and_can_be_cancelled(
    stub: Stub, client: openai.AsyncOpenAI
) -> None:
    stub.jobs.polls_per_state = 2
    jobs = client.fine_tuning.jobs
    job = await jobs.create(model="m", training_file=await upload(client))
    states = [(await jobs.retrieve(job.id)).status for _ in range(3)]
    assert states == ["queued", "running", "running"]
    assert (await jobs.cancel(job.id)).status == "cancelled"
    assert (await jobs.retrieve(job.id)).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        await jobs.cancel(job.id)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{EXAMPLE}\n" * 10, "server_error"),
        (f"{EXAMPLE}\n" * 9, "invalid_n_examples"),
        (f"{EXAMPLE}\n" * 9 + "{]\n", "invalid_training_file"),
        (f"{EXAMPLE}\n" * 9 + '{"messages": []}\n', "invalid_training_file"),
    ],
)
async def test_a_job_fails(stub: Stub, client: openai.AsyncOpenAI, text: str, code: str) -> None:
    if code == "server_error":
        stub.faults.append(Fault("job_failed"))
    jobs = client.fine_tuning.jobs
    job = await jobs.create(model="m", training_file=await upload(client, text))
    await jobs.retrieve(job.id)
    job = await jobs.retrieve(job.id)
    assert job.status == "failed"
    assert job.error
    assert job.error.code == code
    assert job.fine_tuned_model is None


async def test_a_job_needs_its_file(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await client.fine_tuning.jobs.create(model="m", training_file="file-9")
    with pytest.raises(openai.NotFoundError):
        await client.fine_tuning.jobs.retrieve("ftjob-9")
