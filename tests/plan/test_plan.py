"""`synth plan`: what it says beforehand is what a run then asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth.generate.config import GenerateConfig
from synth.generate.run import read_inputs
from synth.generate.teachers import choose_teacher
from synth.plan import estimate as estimating
from synth.plan.disk import part_sizes
from synth.plan.dryrun import dry_tools, spread
from synth.plan.estimate import Estimate, estimate
from synth.plan.tokens import tokens_of
from synth.sources.sample import load_sample
from tests.conftest import Cli
from tests.teacher.standin import StandInProcess

KEYS = ("rows", "requests", "prompt_tokens", "completion_tokens")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with StandInProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


def _plan(cli: Cli, *words: object) -> dict[str, Any]:
    code, out, err = cli("plan", *words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize(
    ("langs", "kind", "unit"),
    [
        ("es,sw,zh", "translation", "joint"),
        ("es,en", "both", "joint"),
        ("es,ja", "paraphrase", "joint"),
        ("th", "translation", "field"),
    ],
)
def test_the_sample_costs_what_was_planned(
    tmp_path: Path, cli: Cli, server: StandInProcess, langs: str, kind: str, unit: str
) -> None:
    out = tmp_path / "corpus"
    options = ("--teacher", server.url, "--langs", langs, "--kind", kind, "--unit", unit, "--out", out)
    before = server.requests
    plan = _plan(cli, *options)
    assert server.requests == before, "a plan without --probe asks for nothing"
    assert cli("generate", *options)[0] == 0
    status = json.loads(cli("status", out, "--json")[1])
    assert plan["requests"] == server.requests - before == status["costs"]["requests"]
    assert plan["rows"] == sum(status["done"].values())
    assert plan["exact"] and status["planned"] == plan
    # The stand-in counts words, the plan four bytes a token: of these texts that is between one and two.
    for key in ("prompt_tokens", "completion_tokens"):
        assert 1.0 <= plan[key] / status["costs"][key] <= 2.5
    size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
    assert 0.5 <= plan["disk_bytes"] / size <= 2.5


def test_a_stated_rate_gives_hours(tmp_path: Path, cli: Cli, server: StandInProcess) -> None:
    options = ("--teacher", server.url, "--langs", "es", "--tasks", "mnli,qqp", "--out", tmp_path / "c")
    plan = _plan(cli, *options, "--rate", 50)
    assert plan["seconds"] == pytest.approx(plan["completion_tokens"] / 50, abs=0.1)
    assert plan["rate_from"] == "stated"
    code, out, err = cli("plan", *options)
    assert (code, out) == (0, "") and "hours: unknown" in err and "--probe" in err
    assert _plan(cli, *options)["seconds"] is None


def test_a_probe_measures_the_rate_and_corrects_tokens(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path, latency=0.2) as slow:
        options = ("--teacher", slow.url, "--langs", "es,th,ka,sw", "--tasks", "mnli", "--out", tmp_path / "c")
        guessed = _plan(cli, *options)
        assert slow.requests == 0
        plan = _plan(cli, *options, "--probe", 2)
        assert 4 <= slow.requests == plan["probe"]["requests"] <= 6
        assert cli("generate", *options)[0] == 0
        costs = json.loads(cli("status", tmp_path / "c", "--json")[1])["costs"]
    assert plan["rate_from"] == "probe" and 0 < plan["rate"] < costs["completion_tokens"] / 0.2
    assert plan["seconds"] == pytest.approx(plan["completion_tokens"] / plan["rate"], abs=0.1)
    for key in ("prompt_tokens", "completion_tokens"):
        off, still = abs(guessed[key] / costs[key] - 1), abs(plan[key] / costs[key] - 1)
        assert still < 0.25 and still < off, f"the probe did not mend {key}"


def test_a_teacher_that_answers_no_probe_is_an_error(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path, max_model_len=1) as tiny:
        options = ("--teacher", tiny.url, "--langs", "es", "--tasks", "mnli", "--out", tmp_path / "c")
        code, out, err = cli("plan", *options, "--probe", 2, "--profile", "generic-instruct")
    assert (code, out) == (1, "") and "--rate" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--rate", "fast"), "--rate fast"),
        (("--rate", "0"), "--rate 0"),
        (("--rate", "inf"), "--rate inf"),
        (("--probe", "1.5"), "--probe 1.5"),
        (("--rate", "5", "--probe", "5"), "one of the two"),
        (("--langs", "xx"), "xx"),
        (("--rat", "5"), "--rate"),
        (("--teacher", "http://127.0.0.1:1"), "127.0.0.1:1"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, cli: Cli, words: tuple[str, ...], named: str) -> None:
    code, out, err = cli("plan", *words, "--out", tmp_path / "c")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err


def test_a_foreign_folder_is_left_alone(tmp_path: Path, cli: Cli, server: StandInProcess) -> None:
    (tmp_path / "thesis.tex").touch()
    code, _, err = cli("plan", "--teacher", server.url, "--langs", "es", "--out", tmp_path)
    assert code == 2 and "not a corpus" in err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def _estimate(server: StandInProcess, **more: Any) -> Estimate:
    config = GenerateConfig(teacher=server.url, langs="es,th,sw,en", kind="both", **more)
    teacher = choose_teacher(config)
    return estimate(read_inputs(config), config.kinds, dry_tools(config, teacher), tokens_of(teacher))


def test_a_sample_of_the_rows_tells_nearly_the_same(server: StandInProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = _estimate(server)
    monkeypatch.setattr(estimating, "_EXACT_ROWS", 0)
    monkeypatch.setattr(estimating, "_MANY", 6)
    monkeypatch.setattr(estimating, "_FEW", 3)
    sampled = _estimate(server)
    assert exact.exact and not sampled.exact
    for key in KEYS:
        for lang in exact.by_language:
            told, true = (getattr(found.by_language[lang], key) for found in (sampled, exact))
            assert told == pytest.approx(true, rel=0.2), f"{key} of {lang}"
    assert sampled.total.rows == pytest.approx(exact.total.rows)


def test_a_spread_keeps_groups_whole_and_reaches_all_over() -> None:
    examples = load_sample("squad_v2").examples
    some = spread(examples, len(examples) // 2)
    contexts = {example.row["context"] for example in some}
    assert 0 < len(some) < len(examples)
    assert sum(example.row["context"] in contexts for example in examples) == len(some)
    assert len(spread(examples, 10**6)) == len(examples)
    assert len(spread(examples, 1)) >= 1


def test_disk_grows_with_rows_and_parts() -> None:
    sizes = part_sizes({task: load_sample(task).examples for task in ("squad_v1", "mnli")})
    assert sizes["squad_v1"].row > sizes["mnli"].row > 0
    assert sizes["mnli"].of(2, 100, 1.0) > sizes["mnli"].of(1, 100, 1.0)
    assert sizes["mnli"].of(1, 1000, 2.0) > 1.5 * sizes["mnli"].of(1, 1000, 1.0)
