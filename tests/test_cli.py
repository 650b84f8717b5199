"""The command line: what is wrong is said in one line, with the nearest names, and exit code 2."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from synth import __version__
from synth import cli as command_line
from synth.cli import VERBS
from tests.conftest import Cli
from tests.teacher.standin import ROOT, StandInProcess

Setup = Callable[[Path], list[object]]


def _file(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _generate(*words: object) -> Setup:
    return lambda root: ["generate", "--out", root / "c", *words]


def _config(text: str) -> Setup:
    return lambda root: ["generate", "--out", root / "c", "--config", _file(root / "run.yaml", text)]


def _source(text: str, data: str | bytes | None = None) -> Setup:
    def words(root: Path) -> list[object]:
        if data is not None:
            _file(root / "qqp.jsonl", data)
        spec = _file(root / "source.yaml", text)
        return ["generate", "--out", root / "c", "--source", spec, "--tasks", "qqp"]

    return words


QQP = "tasks:\n  qqp:\n    train: qqp.jsonl\n"

BAD: dict[str, tuple[Setup, str]] = {
    "verb": (lambda _: ["generat"], "'generate'"),
    "no verb": (lambda _: [], "VERB"),
    "flag": (_generate("--lang", "es"), "--langs"),
    "language": (_generate("--langs", "es,xx"), "'xx'"),
    "language by name": (_generate("--langs", "swahilli"), "sw"),
    "no language": (_generate("--langs", ","), "langs"),
    "task": (_generate("--tasks", "mnly"), "'mnli'"),
    "no task": (_generate("--tasks", ""), "task"),
    "kind": (_generate("--kind", "translations"), "kind"),
    "limit": (_generate("--limit", "many"), "limit"),
    "negative limit": (_generate("--limit=-1"), "limit"),
    "nothing in flight": (_generate("--in-flight", "0"), "in_flight"),
    "engine": (_generate("--engine", "spark"), "engine"),
    "no value": (_generate("--langs"), "--langs"),
    "split": (_generate("--split", "tset"), "tset"),
    "teacher URL": (_generate("--teacher", "http://127.0.0.1:1"), "no teacher answers at http://127.0.0.1:1"),
    "no URL": (_generate("--teacher", "ftp://somewhere"), "ftp://somewhere"),
    "profile": (_generate("--teacher", "http://127.0.0.1:1", "--profile", "gemma-3"), "'gemma3-4b-it'"),
    "no teacher": (_generate("--teacher="), "--teacher is empty"),
    "only supertags to reword": (_generate("--tasks", "ccg", "--kind", "paraphrase"), "only ever translated"),
    "English as a target": (_generate("--langs", "en"), "'en'"),
    "nothing of a source": (_generate("--limit", "0"), "no example"),
    "out is a file": (lambda root: ["generate", "--out", _file(root / "f", "x")], "--out"),
    "source is a folder": (lambda root: ["generate", "--source", root], "cannot be read"),
    "teacher": (_generate("--teacher", "embeded"), "'embedded'"),
    "config key": (_config("lnags: es\n"), "'langs'"),
    "config value": (_config("limit: [1]\n"), "limit"),
    "config list": (_config("- es\n"), "holds no options"),
    "empty config": (_config(""), "holds no options"),
    "broken config": (_config("a: [\n"), "cannot be read"),
    "no config": (_generate("--config", "nowhere.yaml"), "nowhere.yaml"),
    "config is a folder": (lambda root: ["generate", "--config", root], "cannot be read"),
    "no source": (_generate("--source", "nowhere.yaml"), "nowhere.yaml"),
    "empty source": (_source(""), "source.yaml"),
    "source of unknown task": (_source("tasks:\n  qpq:\n    train: x.jsonl\n"), "'qqp'"),
    "source with unknown key": (_source("tasks:\n  qqp:\n    train: {pth: x.jsonl}\n"), "source.yaml"),
    "source without its file": (_source(QQP), "qqp.jsonl"),
    "source in another encoding": (_source(b"\xff\xfe\x00".decode("latin-1"), None), "source.yaml"),
    "out below a file": (lambda root: ["generate", "--out", _file(root / "f", "x") / "c"], "--out"),
    "foreign folder": (
        lambda root: ["generate", "--out", _file(root / "c" / "thesis.doc", "x").parent],
        "not a corpus",
    ),
    "redo": (_generate("--redo", "failed:truncatd"), "'truncated'"),
    "redo of kept rows": (_generate("--redo", "kept"), "failed or rejected"),
    "translator asked to reword": (
        _generate("--teacher", "towerinstruct-7b", "--kind", "paraphrase", "--langs", "de"),
        "only translates",
    ),
    "status of nothing": (lambda root: ["status", root / "nowhere"], "no corpus"),
    "status of a file": (lambda root: ["status", _file(root / "f", "x")], "no corpus"),
    "status of a broken corpus": (lambda root: ["status", _file(root / "c/corpus.yaml", "format: 9").parent], "format"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case: str, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, named = BAD[case]
    words = setup(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, told = cli(*words)
    assert code == 2, told
    (line,) = told.splitlines()
    assert line.startswith("synth: ") and named in line and len(line) < 700
    assert not out


@pytest.mark.parametrize("data", ["", "\n\n", "not json\n", '{"question1": "a"}\n', b"\xff\xfe\xff\n", b"PAR1"])
def test_a_source_without_a_single_usable_row(data: str | bytes, tmp_path: Path, cli: Cli) -> None:
    code, _, told = cli(*_source(QQP, data)(tmp_path))
    assert code == 2 and "Traceback" not in told
    assert "qqp" in told.splitlines()[-1] and told.splitlines()[-1].startswith("synth: ")
    assert not (tmp_path / "c").exists(), "nothing was asked, so nothing is written"


def test_unusable_rows_are_named_and_the_others_are_made(tmp_path: Path, cli: Cli) -> None:
    rows = [{"question1": f"What is {at}?", "question2": f"Tell me {at}.", "label": 0, "idx": at} for at in range(3)]
    lines = [json.dumps(row) for row in rows]
    lines.insert(1, '{"question1": "half')
    with StandInProcess(tmp_path) as teacher:
        words = _source(QQP, "\n".join(lines))(tmp_path)
        code, _, told = cli(*words, "--teacher", teacher.url, "--langs", "es")
    assert code == 0 and "qqp.jsonl" in told and "line 2" in told
    assert "3 rows: 3 kept" in told


def test_a_folder_made_with_other_options_is_refused_with_what_differs(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path) as teacher:
        words = ["generate", "--out", tmp_path / "c", "--teacher", teacher.url, "--tasks", "qqp", "--langs", "es"]
        assert cli(*words, "--limit", 2)[0] == 0
        code, _, told = cli(*words, "--limit", 3, "--seed", 5)
        assert code == 2
        assert "limit: 2 there, 3 asked" in told and "seed: 0 there, 5 asked" in told and "--out" in told
        assert cli(*words, "--limit", 2, "--in-flight", 3, "--timeout", 9)[0] == 0, "tuning is no difference"
        asked = teacher.requests
        assert cli(*words[:-1], "es,sw", "--limit", 2)[0] == 0, "a language can be added"
        assert teacher.requests == 2 * asked


def test_flags_go_before_the_config_file(tmp_path: Path, cli: Cli) -> None:
    config = _file(tmp_path / "run.yaml", "langs: [es, sw]\ntasks: [qqp]\nlimit: 1\nin_flight: 4\n")
    with StandInProcess(tmp_path) as teacher:
        words = ("--config", config, "--limit", 2, "--out", tmp_path / "c", "--teacher", teacher.url, "--json")
        code, out, _ = cli("generate", *words)
    assert code == 0 and json.loads(out)["outcomes"] == {"qqp": {"es": {"kept": 2}, "sw": {"kept": 2}}}


def test_the_real_process_says_it_in_one_line_too() -> None:
    command = [sys.executable, "-m", "synth.cli", "generate", "--langs", "klingon"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("synth: ") and "klingon" in done.stderr


def test_a_reader_that_stops_is_no_error() -> None:
    line = f"{sys.executable} -m synth.cli langs --json | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("verb", ["tasks", "langs", "teachers"])
def test_tables(verb: str, cli: Cli) -> None:
    code, out, told = cli(verb)
    assert code == 0 and len(out.splitlines()) > 9 and not told
    code, out, _ = cli(verb, "--json")
    assert code == 0 and json.loads(out)


def test_version_and_help_name_every_verb(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli("--version")
    assert ended.value.code == 0 and capsys.readouterr().out.strip() == f"synth {__version__}"
    with pytest.raises(SystemExit):
        cli("--help")
    told = capsys.readouterr().out
    assert all(f"    {verb} " in told for verb in VERBS)


def test_every_option_of_generate_is_explained(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    from synth.generate.config import GenerateConfig

    with pytest.raises(SystemExit):
        cli("generate", "--help")
    told = capsys.readouterr().out
    for name, field in GenerateConfig.model_fields.items():
        assert f"--{name.replace('_', '-')}" in told and field.description


@pytest.mark.parametrize("held_back", [False, True])
def test_a_scheduler_s_stop_is_one_interrupt(held_back: bool, cli: Cli) -> None:
    """In the background of a script a Ctrl-C is held back; it must not make a second one of the SIGTERM after it."""
    heard: list[int] = []
    cli("langs")  # takes SIGTERM, and puts both handlers back afterwards
    signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        if held_back:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert heard == [signal.SIGINT]
    finally:
        command_line._told_to_stop.clear()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
