"""The engine `ray`: two nodes on one machine, one of them killed half way, and the corpus of the local engine."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.identity import read_description
from synth.errors import BadFlag, StoppedError
from synth.generate import cluster
from synth.generate.config import GenerateConfig
from tests.conftest import Cli
from tests.teacher.standin import StandInProcess

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed (extra `cluster`)")
ROOT = Path(__file__).resolve().parents[2]
# The command line in a process of its own. Each worker takes a whole CPU, as a teacher of its own would: after the loss
# of a node its actor fits nowhere, so that nothing may wait for it.
DRIVER = """
import sys
from synth.generate import cluster
from synth.cli import main
cluster.LEASE_S = 6.0
cluster._needs = lambda _config: {"num_cpus": 1}
sys.exit(main(sys.argv[1:]))
"""
ASKED = ("--langs", "es,sw,th", "--tasks", "squad_v1,squad_v2,anli_plus,mnli,qqp", "--kind", "both", "--in-flight", 6)


@pytest.fixture
def ray_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Ray's folder, for this test alone: in the common one Ray leaves the address of the last cluster, to which another
    test's `ray.init()` would connect. Short: sockets lie in it, and their paths may have 107 characters."""
    folder = tempfile.mkdtemp(prefix="ray")
    (Path(folder) / "ray").mkdir()  # `Cluster` writes its address there and takes for granted that it exists
    monkeypatch.setenv("RAY_TMPDIR", folder)
    yield folder
    left = _mentioning(folder)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, "Ray processes outlive the test"


@pytest.fixture
def two_nodes(ray_folder: str) -> Iterator[tuple[Any, Any]]:
    """A cluster of a head and a second node, one CPU each; nothing of it is left behind."""
    from ray.cluster_utils import Cluster

    # A node that was killed refuses connections, so it is missed within seconds; one that is only slow has longer.
    quick = {"health_check_period_ms": 500, "health_check_failure_threshold": 4, "health_check_timeout_ms": 10_000}
    nodes = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "temp_dir": ray_folder, "include_dashboard": False, "_system_config": quick},
    )
    try:
        yield nodes, nodes.add_node(num_cpus=1)
    finally:
        nodes.shutdown()


def _mentioning(text: str, seconds: float = 60.0) -> list[str]:
    """Command lines of processes that name `text` and do not end in time."""
    until = time.monotonic() + seconds
    while True:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found += [words] if text in words else []
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.2)


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.parquet")}


@needs_ray
@pytest.mark.slow
def test_a_killed_node_loses_and_doubles_nothing(tmp_path: Path, cli: Cli, two_nodes: tuple[Any, Any]) -> None:
    nodes, second = two_nodes
    local, spread = tmp_path / "local", tmp_path / "ray"
    with StandInProcess(tmp_path, latency=0.05) as teacher:
        asked = [str(word) for word in ("generate", "--teacher", teacher.url, *ASKED)]
        assert cli(*asked, "--out", local)[0] == 0
        one_pass = teacher.requests
        command = [sys.executable, "-c", DRIVER, *asked, "--engine", "ray", "--workers", "2", "--out", str(spread)]
        with (tmp_path / "driver.log").open("wb") as log:
            driver = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"RAY_ADDRESS": nodes.address}, stderr=log)
            try:
                _wait(driver, lambda: teacher.requests > one_pass * 1.35 and len(_holders(spread)) == 2)
                nodes.remove_node(second, allow_graceful=False)
                assert driver.wait(timeout=600) == 0, (tmp_path / "driver.log").read_text()
            finally:
                driver.kill()
        spent = teacher.requests - one_pass
    told = (tmp_path / "driver.log").read_text()
    assert "were lost with their workers and are handed out again" in told
    assert "Traceback" not in told and "kept of generated rows" in told
    assert _files(spread) == _files(local)
    assert one_pass <= spent <= one_pass + 6, "only what was under way on the lost node may be asked again"
    left = [
        path.name for path in spread.rglob("*") if path.name.endswith((".tmp", ".journal.jsonl", ".lease", ".alive"))
    ]
    assert not left


def _holders(root: Path) -> set[str]:
    """The workers that hold a chunk now."""
    found = set()
    for path in (root / ".leases").glob("*.lease"):
        try:
            found.add(path.read_text())
        except FileNotFoundError:
            continue
    return found - {""}


def _wait(driver: subprocess.Popen[bytes], ready: Any) -> None:
    until = time.monotonic() + 600
    while not ready():
        assert driver.poll() is None and time.monotonic() < until, "the run ended before a node could be killed"
        time.sleep(0.02)


def test_jobs_with_their_own_languages_may_share_a_folder(tmp_path: Path, cli: Cli) -> None:
    langs = ("es", "sw", "th")
    with StandInProcess(tmp_path, latency=0.02) as teacher:
        asked = [sys.executable, "-m", "synth.cli", "generate", "--teacher", teacher.url, "--tasks", "mnli,squad_v2"]
        shared, alone = tmp_path / "shared", tmp_path / "alone"
        jobs = [
            subprocess.Popen([*asked, "--langs", lang, "--out", str(shared)], cwd=ROOT, stderr=subprocess.PIPE)
            for lang in langs
        ]
        assert [(job.communicate()[1], job.returncode)[1] for job in jobs] == [0, 0, 0]
        assert cli(*asked[3:], "--langs", ",".join(langs), "--out", alone)[0] == 0
    assert _files(shared) == _files(alone)
    one, other = (read_description(root) or {} for root in (shared, alone))
    assert sorted(one["languages"]) == sorted(other["languages"]) and one["fingerprint"] == other["fingerprint"]
    status = json.loads(cli("status", shared, "--json")[1])
    assert status["done"] == status["expected"]


@needs_ray
def test_a_cluster_that_does_not_come_up_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def late(**_options: object) -> None:
        raise Exception("The current node timed out during startup.")  # what Ray raises

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", late)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with (
        pytest.raises(StoppedError, match=r"timed out during startup.* run the same command again"),
        cluster.connected(),
    ):
        pass


@needs_ray
@pytest.mark.slow
def test_an_address_without_a_cluster_is_named(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with StandInProcess(tmp_path) as teacher:
        code, out, err = cli("generate", "--teacher", teacher.url, *ASKED, "--engine", "ray", "--out", tmp_path / "c")
    assert (code, out) == (2, "")
    assert "RAY_ADDRESS=127.0.0.1:1" in err and "Traceback" not in err


def test_without_ray_the_extra_is_named(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with StandInProcess(tmp_path) as teacher:
        code, _, err = cli("generate", "--teacher", teacher.url, *ASKED, "--engine", "ray", "--out", tmp_path / "c")
    assert code == 2 and "synth-xtreme[cluster]" in err


class _Nodes:
    """What `ray.nodes()` says."""

    def __init__(self, *resources: dict[str, float]) -> None:
        self._resources = resources

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": found} for found in self._resources]


def test_what_a_worker_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    def needs(nodes: _Nodes, **options: Any) -> dict[str, Any]:
        monkeypatch.setattr(cluster, "_import_ray", lambda: nodes)
        return cluster._needs(GenerateConfig(**options))

    gpus = _Nodes({"CPU": 8}, {"CPU": 64, "GPU": 8})
    assert needs(gpus, teacher="gemma-3-27b-it", tensor_parallel=2, data_parallel=2) == {"num_cpus": 1, "num_gpus": 4}
    assert "num_gpus" not in needs(gpus, teacher="http://a:1,http://b:1", tensor_parallel=2)
    assert needs(_Nodes({"CPU": 4}, {"CPU": 2}, {}), teacher="embedded") == {"num_cpus": 2}
    with pytest.raises(BadFlag, match="16 GPUs"):
        needs(gpus, teacher="gemma-3-27b-it", tensor_parallel=8, data_parallel=2)
