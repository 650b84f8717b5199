"""What FSDP asks of a run that one process does not.

Imports torch.
"""

from __future__ import annotations

import torch


def complete_state(optimizer: torch.optim.Optimizer) -> None:
    """Give weights that have not been trained yet the optimiser's state of the beginning: zeros, no step taken.

    A head has none until the first step of its task. A single process saves and loads that as it is; torch refuses a
    checkpoint of shards in which the state of a weight is missing. It changes no step: the optimiser would begin there.
    """
    like = next((state for state in optimizer.state.values() if state), None)
    if like is None:
        return
    for group in optimizer.param_groups:
        for weight in group["params"]:
            if weight.requires_grad and not optimizer.state.get(weight):
                optimizer.state[weight] = {
                    name: torch.zeros_like(value if value.dim() == 0 else weight) for name, value in like.items()
                }
