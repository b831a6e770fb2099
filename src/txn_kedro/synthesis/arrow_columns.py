"""Arrow columns made of NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = npt.NDArray[np.int64]


def text_of(codes: npt.NDArray[np.integer], words: Sequence[str] | pa.Array) -> pa.Array:
    """Text by code; a code below 0 is NULL."""
    indices = codes.astype(np.int32, copy=False)
    mask = None if len(codes) == 0 or codes.min() >= 0 else codes < 0
    dictionary = words if isinstance(words, pa.Array) else pa.array(words)
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), dictionary, safe=False)


def hundredths(values: Ints) -> pa.Array:
    """DECIMAL(18,2) of non-negative whole hundredths."""
    words = np.zeros((len(values), 2), np.int64)
    words[:, 0] = values
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(values), [None, pa.py_buffer(words)])
