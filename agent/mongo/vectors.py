"""Vectors as MongoDB and Atlas store them: BSON Binary of float32."""

import numpy as np
import numpy.typing as npt
from bson.binary import Binary, BinaryVectorDtype

_HEADER = 2
"""Bytes before the numbers: their type and the padding."""
_FLOAT32 = bytes([BinaryVectorDtype.FLOAT32.value[0], 0])


def encoded(vector: npt.NDArray[np.float32]) -> Binary:
    """One vector of d numbers as 4 d + 2 bytes."""
    return Binary(_FLOAT32 + np.ascontiguousarray(vector, "<f4").tobytes(), 9)


def decoded(stored: bytes) -> npt.NDArray[np.float32]:
    """The numbers, without a copy; read only."""
    return np.frombuffer(stored, "<f4", offset=_HEADER)
