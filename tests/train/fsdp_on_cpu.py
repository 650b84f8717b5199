"""`synth` with FSDP on CPUs: `accelerate launch ... fsdp_on_cpu.py train ...`.

accelerate shards a model on accelerators only, though torch can do it over gloo; here it is told that these processes
are such. Says at the end of each run which way the model was wrapped, so that a test sees that it was sharded at all.
With STOP_AT in the environment the first process is told to stop at that step.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from accelerate import state
from accelerate.utils import DistributedType

from synth.cli import main
from synth.train.curve import Curve
from synth.train.trainer import StepTrainer

_init = state.AcceleratorState.__init__
_gather = StepTrainer.gather
_add = Curve.add


def _sharding(self: Any, *given: Any, **named: Any) -> None:
    _init(self, *given, **named)
    plugin = named.get("fsdp_plugin")
    if plugin is not None and self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type = state.PartialState._shared_state["distributed_type"] = DistributedType.FSDP
        self.fsdp_plugin = plugin
        if self._mixed_precision != "no":
            plugin.set_mixed_precision(self._mixed_precision)


def _telling(self: StepTrainer) -> None:
    print(f"wrapped as {type(self.model_wrapped).__name__}", file=sys.stderr)
    _gather(self)


def _stopping(self: Curve, head: str, loss: float, norm: float, step: int) -> None:
    _add(self, head, loss, norm, step)
    if os.environ.get("STOP_AT") == str(step) and os.environ["RANK"] == "0":
        signal.raise_signal(signal.SIGINT)


Curve.add = _stopping  # type: ignore[method-assign]
state.AcceleratorState.__init__ = _sharding
StepTrainer.gather = _telling  # type: ignore[method-assign]
sys.exit(main(sys.argv[1:]))
