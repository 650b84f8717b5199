"""A cluster's worker without the cluster: chunks rebuilt from the corpus, errors as values, places that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from synth import __version__
from synth.errors import BadFolder, TeacherError
from synth.generate.chunk_run import is_done
from synth.generate.config import GenerateConfig
from synth.generate.run import Ready, prepare, read_inputs
from synth.generate.teachers import Teacher, choose_teacher
from synth.generate.worker import LEASES, ChunkWorker, Errand, describe_chunk, read_failures, rebuild
from synth.outcomes import Kind
from tests.teacher.standin import StandInProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with StandInProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def planned(tmp_path: Path, server: StandInProcess) -> tuple[Ready, Errand]:
    return _plan(tmp_path / "corpus", server.url)


def _plan(root: Path, url: str, tasks: str = "all") -> tuple[Ready, Errand]:
    config = GenerateConfig(langs="es,en", kind="both", tasks=tasks, teacher=url, out=str(root))
    teacher: Teacher = choose_teacher(config)
    ready = prepare(config, read_inputs(config), teacher)
    (root / LEASES).mkdir()
    (root / "logs").mkdir()
    (root / LEASES / "run.run").touch()
    known = teacher.request_identity()
    return ready, Errand("run", config.model_dump(), str(root), str(root), ready.identity, known, __version__, 0, 0.5)


def _call(errand: Errand, description: str) -> dict[str, list[str]]:
    worker = ChunkWorker(asdict(errand))
    try:
        return worker({"chunk": [description]})
    finally:
        worker.close()


def test_every_chunk_of_the_sample_is_rebuilt_from_its_description(planned: tuple[Ready, Errand]) -> None:
    ready, errand = planned
    assert len(ready.chunks) > 10
    for chunk in ready.chunks:
        assert rebuild(describe_chunk(chunk), errand.identity, ready.layout) == chunk


def test_chunks_of_shared_paragraphs_are_rebuilt_in_their_order(
    tmp_path: Path, server: StandInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth.generate.chunks.batches.__defaults__", (9,))
    ready, errand = _plan(tmp_path / "corpus", server.url, tasks="squad_v2,squad_v1,mnli,anli_plus")
    assert max(chunk.number for chunk in ready.chunks) > 1
    for chunk in ready.chunks:
        assert rebuild(describe_chunk(chunk), errand.identity, ready.layout) == chunk


def test_changed_english_rows_are_noticed(planned: tuple[Ready, Errand]) -> None:
    ready, errand = planned
    qqp = ready.layout.root / "generated" / "qqp" / "en" / "part-00000.parquet"
    description = next(describe_chunk(chunk) for chunk in ready.chunks if chunk.tasks == ("qqp",))
    with pytest.raises(BadFolder, match="not those that this run wrote"):
        rebuild(description, "another corpus", ready.layout)
    qqp.unlink()
    with pytest.raises(BadFolder, match="is not there"):
        rebuild(description, errand.identity, ready.layout)


def test_a_worker_does_its_chunk_and_asks_nothing_twice(planned: tuple[Ready, Errand], server: StandInProcess) -> None:
    ready, errand = planned
    chunk = next(chunk for chunk in ready.chunks if chunk.family == "qqp" and chunk.kinds[0] is Kind.TRANSLATION)
    before = server.requests
    assert _call(errand, describe_chunk(chunk))["error"] == [""]
    assert is_done(chunk, ready.layout) and server.requests > before
    after = server.requests
    assert _call(errand, describe_chunk(chunk))["error"] == [""]
    assert server.requests == after


def test_a_place_that_does_not_fit_is_refused(planned: tuple[Ready, Errand]) -> None:
    ready, errand = planned
    description = describe_chunk(ready.chunks[0])
    other = replace(errand, version="0.0.0-other")
    away = replace(errand, run="elsewhere")
    stranger = replace(errand, teacher="other")
    found = [_call(one, description) for one in (other, away, stranger)]
    assert [result["error"] for result in found] == [["BadFlag"], ["BadFolder"], ["BadFlag"]]
    assert ["0.0.0-other" in found[0]["message"][0], "share" in found[1]["message"][0]] == [True, True]


def test_a_teacher_that_is_lost_stops_the_run_with_its_reason(tmp_path: Path) -> None:
    with StandInProcess(tmp_path, api_key="secret") as locked:
        (tmp_path / "c").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SYNTH_TEACHER_API_KEY", "secret")
            ready, errand = _plan(tmp_path / "corpus", locked.url)
            assert _call(errand, describe_chunk(ready.chunks[0]))["error"] == [""]
            patch.setenv("SYNTH_TEACHER_API_KEY", "wrong")
            result = _call(errand, describe_chunk(ready.chunks[1]))
    assert result["error"] == ["TeacherError"]
    assert "credentials" in result["message"][0]
    assert [bool(line["error"]) for line in read_failures(errand)] == [True]


class _Exited(BaseException):
    """Stands for the end of the actor's process."""


def test_an_own_teacher_may_be_started_elsewhere_but_not_for_ever(
    planned: tuple[Ready, Errand], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, errand = planned
    errand = replace(errand, deaths=2)

    def exit_process(_code: int) -> None:
        raise _Exited

    def dies(*_: object) -> None:
        raise TeacherError("the engine does not start; its log says why")

    monkeypatch.setattr("os._exit", exit_process)
    monkeypatch.setattr("synth.generate.teachers.running", dies)
    description = describe_chunk(ready.chunks[0])
    for _ in range(errand.deaths):
        with pytest.raises(_Exited):
            _call(errand, description)
    result = _call(errand, description)
    assert (result["error"], result["message"]) == (["TeacherError"], ["the engine does not start; its log says why"])
    assert len(read_failures(errand)) == errand.deaths + 1
