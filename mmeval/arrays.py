"""The arrays of a run: `.npy` files of which each row is one response, read by memory-mapping.

numpy has no bfloat16: such values are kept as their 16 bits, in files of unsigned integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmeval.errors import SpecError
from mmeval.types import ArrayRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STORED: Mapping[str, str] = {"float32": "<f4", "float16": "<f2", "bfloat16": "<u2"}
"""How values of a dtype lie in a file."""


def open_array(file: Path) -> NDArray[Any]:
    """The memory-mapped array of a file, read-only. Raises SpecError where it is none."""
    import numpy as np

    try:
        return np.lib.format.open_memmap(file, mode="r")
    except (OSError, ValueError) as error:
        raise SpecError(f"not an array of this run: {error}", file=file) from error


def read_rows(folder: Path, refs: Sequence[ArrayRef], place: tuple[int | slice, ...] = ()) -> NDArray[np.float32]:
    """The rows behind `refs`, as float32, in their order; `place` indexes into each row."""
    import numpy as np

    files = {name: open_array(folder / name) for name in dict.fromkeys(ref.file for ref in refs)}
    parts = [as_float32(files[ref.file][(ref.row, *place)], ref.dtype) for ref in refs]
    return np.stack(parts)


def as_float32(values: NDArray[Any], dtype: str) -> NDArray[np.float32]:
    """Stored `values` of the named dtype as float32."""
    import numpy as np

    if dtype == "bfloat16":
        return (np.asarray(values).astype("<u4") << np.uint32(16)).view("<f4")
    return np.asarray(values, dtype="<f4")
