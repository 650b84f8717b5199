"""The engine `ray`: two nodes on one machine, one of them killed half way, and the files of the local engine."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag, BadFolder
from synth.filter import signing
from tests.conftest import Cli
from tests.filter.make_corpus import SENTENCES, Plan, changed, make_corpus
from tests.generate.test_cluster import ray_folder, two_nodes  # noqa: F401 - fixtures

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (extra `cluster`)")
ROOT = Path(__file__).resolve().parents[2]
# The command line in a process of its own. Each job tells on which node it ran. Scoring waits at two gates, so that
# nothing depends on how fast nodes start: for so many nodes at the beginning, and for the test when enough is done.
DRIVER = """
import sys, time
from pathlib import Path
from synth.cli import main
from synth.filter import ray_engine

seen, nodes, enough = Path(sys.argv.pop(1)), int(sys.argv.pop(1)), int(sys.argv.pop(1))

class Slow:
    def __init__(self, job):
        self.job = job
    def __call__(self, item):
        import ray
        name, where = type(self.job).__name__, ray.get_runtime_context().get_node_id()
        (seen / f"{name}-{where}").touch()
        if name == "ScoreJob":
            self.wait()
        done = self.job(item)
        (seen / f"{name}.{time.time_ns()}").touch()
        return done
    def wait(self):
        while len(list(seen.glob("ScoreJob-*"))) < nodes:
            time.sleep(0.01)
        while len(list(seen.glob("ScoreJob.*"))) >= enough and not (seen / "go").exists():
            time.sleep(0.01)

fast = ray_engine.RayEngine.map
ray_engine.RayEngine.map = lambda self, job, items: fast(self, Slow(job), items)
sys.exit(main(sys.argv[1:]))
"""
LANGS = ("es", "sw", "ar", "th")


def _files(root: Path) -> dict[str, bytes]:
    """Parts of the three stages, lists of duplicates, and the summary."""
    stages = ("scored", "kept", "dropped")
    found = [path for stage in stages for path in (root / stage).rglob("*") if path.suffix in (".parquet", ".npz")]
    return {str(path.relative_to(root)): path.read_bytes() for path in [*found, root / "filter.json"]}


def _corpus(root: Path) -> Path:
    """Near-duplicates in parts far apart, in the English rows and in Swahili, and some other faults."""
    faults = {("mnli", "es", 5): changed(premise="Uno."), ("mnli", "th", 50): changed(hypothesis="")}
    for lang, number in (("en", 36), ("sw", 45)):
        first, second, third = SENTENCES[lang][:3]
        edit = changed(premise=f"{first.upper()} {second}", hypothesis=third, label=0)
        faults["mnli", lang, number] = edit
    return make_corpus(root, Plan(langs=LANGS, rows=60, part_rows=3, faults=faults))


@needs_ray
@pytest.mark.slow
def test_a_killed_node_loses_and_doubles_nothing(tmp_path: Path, cli: Cli, two_nodes: tuple[Any, Any]) -> None:  # noqa: F811
    nodes, second = two_nodes
    local, spread, seen = _corpus(tmp_path / "local"), _corpus(tmp_path / "ray"), tmp_path / "seen"
    seen.mkdir()
    options = ["--detectors", "none", "--no-report"]
    assert cli("filter", local, "--workers", 1, *options)[0] == 0
    gates = [str(seen), "2", "25"]
    command = [sys.executable, "-c", DRIVER, *gates, "filter", str(spread), "--engine", "ray", "--json", *options]
    env = os.environ | {"RAY_ADDRESS": nodes.address}
    with (tmp_path / "out.json").open("wb") as out, (tmp_path / "driver.log").open("wb") as log:
        driver = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=log)
        try:
            _wait(driver, lambda: len(list(seen.glob("ScoreJob-*"))) == 2 and _scored(spread) >= 25)
            nodes.remove_node(second, allow_graceful=False)
            at_loss = _scored(spread)
            (seen / "go").touch()
            assert driver.wait(timeout=600) == 0, (tmp_path / "driver.log").read_text()
        finally:
            driver.kill()
    assert at_loss < 100, "the node must be lost while parts are being scored"
    assert _files(spread) == _files(local)
    assert not list(spread.rglob("*.npz")) and not list(spread.rglob("*.tmp"))
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["usable"], told["parts"]["decided"]) == (300, 100)
    assert told["dropped"]["duplicate"] == 2
    assert list(seen.glob("SignJob-*")), "the groups of 20 parts are signed part by part"
    assert "Traceback" not in (tmp_path / "driver.log").read_text()
    assert not (spread / ".leases").exists()


@needs_ray
@pytest.mark.slow
@pytest.mark.usefixtures("ray_folder")
def test_sigterm_stops_cleanly_and_the_next_run_goes_on(tmp_path: Path, cli: Cli) -> None:
    root, seen = _corpus(tmp_path / "corpus"), tmp_path / "seen"
    seen.mkdir()
    options = ["filter", str(root), "--engine", "ray", "--workers", "1", "--detectors", "none", "--no-report"]
    env = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    command = [sys.executable, "-c", DRIVER, str(seen), "1", "10", *options]
    driver = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE)
    try:
        _wait(driver, lambda: _scored(root) >= 10)
        driver.terminate()
        told = driver.communicate(timeout=600)[1].decode()
    finally:
        driver.kill()
    assert driver.returncode == 130 and "run the same command again" in told
    assert "Traceback" not in told and "***" not in told
    done = _scored(root)
    assert 10 <= done < 100 and not (root / ".leases").exists()
    code, out, _ = cli("filter", root, "--workers", 1, "--detectors", "none", "--no-report", "--json")
    assert code == 0 and json.loads(out)["parts"] == {"scored": 100 - done, "reused": done, "decided": 100}


def _scored(root: Path) -> int:
    return len(list((root / "scored").glob("*/*/*.done.json")))


def _wait(driver: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    until = time.monotonic() + 600
    while not ready():
        assert driver.poll() is None and time.monotonic() < until, "the run ended before a node could be killed"
        time.sleep(0.02)


def test_without_ray_the_extra_is_named(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = cli("filter", make_corpus(tmp_path, Plan(rows=2)), "--engine", "ray")
    assert code == 2 and "synth-xtreme[cluster]" in err
    assert not (tmp_path / ".leases").exists() and not list((tmp_path / "logs").iterdir())


def test_a_missing_corpus_is_named_before_a_cluster_is_looked_for(tmp_path: Path, cli: Cli) -> None:
    code, _, err = cli("filter", tmp_path / "nothing", "--engine", "ray")
    assert code == 2 and "there is no corpus folder" in err


def test_a_worker_that_does_not_share_the_folder_says_so(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from synth.filter.ray_engine import Place

    with pytest.raises(BadFolder, match="not the driver's folder"):
        Place(str(tmp_path), "run", str(tmp_path)).enter()
    with pytest.raises(BadFlag, match=r"the driver 0\.0\.0"):
        Place(str(tmp_path), "run", str(tmp_path), "0.0.0").enter()


def test_signatures_made_elsewhere_change_nothing(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, inside = _corpus(tmp_path / "ahead"), _corpus(tmp_path / "inside")
    options = ["--workers", 1, "--detectors", "none", "--no-report"]
    asked: list[Path] = []
    monkeypatch.setattr(signing, "_write", _noting(asked, signing._write))
    assert cli("filter", ahead, *options)[0] == 0
    assert len(asked) == 100
    assert cli("filter", ahead, *options)[0] == 0
    assert len(asked) == 100, "what is settled is not signed again"
    monkeypatch.setattr("synth.filter.run.SIGN_FROM", 10**6)
    assert cli("filter", inside, *options)[0] == 0
    assert len(asked) == 100
    assert _files(ahead) == _files(inside)


def _noting(asked: list[Path], write: Callable[..., None]) -> Callable[..., None]:
    def noted(path: Path, *rest: Any) -> None:
        asked.append(path)
        write(path, *rest)

    return noted


def test_a_broken_file_of_signatures_is_not_believed(tmp_path: Path, cli: Cli) -> None:
    from synth.corpus.layout import Layout, Part
    from synth.filter.policy import load_policy
    from synth.outcomes import Kind

    root = _corpus(tmp_path)
    assert cli("filter", root, "--workers", 1, "--detectors", "none", "--no-report")[0] == 0
    layout, part, rules = Layout(root), Part("mnli", "es", Kind.TRANSLATION, 0), load_policy("default").dedup
    ids = signing.scored_ids(layout, part)
    wanted = signing.signed_part(layout, part, ids, rules)[1]
    layout.part(part, "scored").with_suffix(".signed.npz").write_bytes(b"PK\x03\x04 cut off")
    found = signing.signed_part(layout, part, ids, rules)[1]
    assert {name: column.keys.tobytes() for name, column in found.items()} == {
        name: column.keys.tobytes() for name, column in wanted.items()
    }
