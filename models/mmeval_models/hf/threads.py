"""How many threads a model on the CPU computes with."""

from __future__ import annotations

import os

from mmeval.cores import granted_cores


def use_granted_cores() -> None:
    """No more threads than cores that this process may use, unless `OMP_NUM_THREADS` says how many.

    torch counts the cores of the machine. In a container that is granted a few of them, its threads wait for one
    another: a forward pass was seen to take thirteen times the CPU time.
    """
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), granted_cores()))
