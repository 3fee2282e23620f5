import asyncio
import logging
import subprocess
import sys

import numpy as np
import pytest

from agent.ai.embeddings import Embedders
from agent.ai.embeddings.checks import Vectors
from agent.errors import InvalidInput
from agent.settings import Settings

TEXTS = ["May I bring my cat?", "x", "The rent is due on the first. " * 60]


async def embedded(texts: list[str]) -> Vectors:
    return (await Embedders(Settings()).current.embed(texts)).vectors


async def test_makes_unit_vectors_in_the_order_of_the_texts() -> None:
    vectors = await embedded(TEXTS)
    assert vectors.shape == (3, 256)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose((await embedded([text]))[0], vector, atol=1e-5)


async def test_like_texts_are_near() -> None:
    cat, kitten, rent = await embedded(["Are cats allowed?", "Can I have a kitten?", "Pay rent"])
    assert cat @ kitten > cat @ rent


async def test_many_at_once_do_not_mix() -> None:
    groups = [[f"message {group} {i}" for i in range(30)] for group in range(8)]
    together = await asyncio.gather(*(embedded(group) for group in groups))
    for group, vectors in zip(groups, together, strict=True):
        assert np.allclose(vectors, await embedded(group), atol=1e-5)


async def test_nothing_and_empty_texts() -> None:
    assert (await embedded([])).shape == (0, 256)
    with pytest.raises(InvalidInput) as refused:
        await embedded(["hello", " \n"])
    assert refused.value.code == "embedding_text_empty"


async def test_the_import_leaves_the_root_logger_alone() -> None:
    before = logging.getLogger().handlers[:]
    await embedded(["hello"])
    assert logging.getLogger().handlers == before


def test_loads_without_a_network_on_one_blas_thread() -> None:
    """A fresh process whose sockets fail."""
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.getaddrinfo = refuse\n"
        "from agent.ai.embeddings.offline import _embed\n"
        "assert _embed(['hello']).vectors.shape == (1, 256)\n"
        "import os, logging\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'], logging.getLogger().level)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"HOME": "/"}
    )
    assert done.stdout.split() == ["1", str(logging.WARNING)]
