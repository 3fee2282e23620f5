"""The rows of filters that come again and again, copied out."""

import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from agent.ai.search.filters import Where
from agent.ai.search.shelf import Floats

_FILTERS_SEEN = 1_000


class Kept:
    """Those asked for least go."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Where, tuple[npt.NDArray[np.intp], Floats]] = OrderedDict()
        self._seen: set[Where] = set()
        self.bytes = 0
        self._lock = threading.Lock()

    def get(self, where: Where) -> tuple[npt.NDArray[np.intp], Floats] | None:
        with self._lock:
            found = self._rows.get(where)
            if found is not None:
                self._rows.move_to_end(where)
            return found

    def offer(
        self, where: Where, rows: npt.NDArray[np.intp], vectors: Floats, *, most: int
    ) -> None:
        """Keep them when the filter comes for the second time, within `most` bytes."""
        with self._lock:
            if where not in self._seen:
                if len(self._seen) >= _FILTERS_SEEN:
                    self._seen.clear()
                self._seen.add(where)
                return
            if where in self._rows or vectors.nbytes > most:
                return
            self._rows[where] = (rows, vectors)
            self.bytes += vectors.nbytes
            while self.bytes > most:
                _, (_, gone) = self._rows.popitem(last=False)
                self.bytes -= gone.nbytes
