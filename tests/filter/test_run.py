"""Filtering whole corpora: reasons, resuming, policies, processes, duplicates."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.files import alone
from synth.corpus.layout import Part
from synth.errors import BadFolder
from synth.filter.checks import all_checks
from synth.filter.engine import LocalEngine
from synth.filter.funnel import Cell
from synth.filter.jobs import WriteJob
from synth.filter.order import in_order
from synth.filter.policy import load_policy, parse_policy
from synth.filter.report.page import read_summary
from synth.filter.run import FilterResult, filter_corpus
from synth.filter.table import print_table
from synth.filter.tools import ToolSettings
from synth.manifest.describe import filter_of
from synth.outcomes import Failure, Kind, Reason
from tests.filter.make_corpus import SENTENCES, Plan, changed, make_corpus, rows_of, write_one

ALONE = LocalEngine(1)
NO_DETECTORS = ToolSettings(detectors=())


def run(root: Path, policy: str = "default", **more: Any) -> FilterResult:
    more.setdefault("engine", ALONE)
    more.setdefault("settings", NO_DETECTORS)
    return filter_corpus(root, load_policy(policy), **more)


def reasons(root: Path, task: str, lang: str) -> dict[str, list[str]]:
    """Source id to all reasons of the dropped rows."""
    return {row["synth_source_id"]: row["synth_reasons"] for row in rows_of(root, "dropped", task, lang)}


def cell(result: FilterResult, task: str, lang: str, kind: str = "translation") -> Cell:
    return next(c for c in result.cells if (c.task, c.lang, c.kind) == (task, lang, kind))


def test_sound_rows_are_all_kept_with_their_columns(tmp_path: Path) -> None:
    langs = ("es", "sw", "ar", "th", "zh")
    tasks = ("mnli", "squad_v1", "commonsense_qa")
    root = make_corpus(tmp_path, Plan(langs=langs, rows=8, tasks=tasks, paraphrases=True))
    result = run(root)
    assert all(c.kept == c.generated == 8 for c in result.cells), result.cells
    made, kept = next(rows_of(root, "generated", "squad_v1", "th")), next(rows_of(root, "kept", "squad_v1", "th"))
    assert {name: kept[name] for name in made} == made
    assert kept["synth_reasons"] == []


def test_each_planted_fault_is_dropped_with_its_reason(tmp_path: Path) -> None:
    english, spanish = SENTENCES["en"], SENTENCES["es"]
    faults = {
        0: (changed(hypothesis="Here is the translation: " + spanish[2]), "leakage"),
        1: (changed(premise=english[0] + " " + english[1]), "copy"),
        2: (changed(hypothesis="Como modelo de lenguaje, no puedo ayudarte con eso."), "refusal"),
        3: (changed(hypothesis="El perro. " * 12), "repetition"),
        4: (changed(label=0), "label"),
        5: (changed(premise="Uno."), "length_ratio"),
        6: (changed(premise=spanish[0] + " Mi hermana compró 42 naranjas y un melón en el mercado."), "numbers"),
        7: (changed(hypothesis=""), "empty_field"),
        9: (changed(premise=SENTENCES["ar"][0], hypothesis=SENTENCES["ar"][3]), "script"),
    }
    plan = Plan(langs=("es",), rows=12, faults={("mnli", "es", n): edit for n, (edit, _) in faults.items()})
    root = make_corpus(tmp_path, plan)
    result = run(root)
    found = reasons(root, "mnli", "es")
    assert {source: each[0] for source, each in found.items()} == {f"q/{n}": why for n, (_, why) in faults.items()}
    assert cell(result, "mnli", "es").kept == 12 - len(faults)


def test_exchanged_sides_are_dropped(tmp_path: Path) -> None:
    english = changed(premise=" ".join(SENTENCES["en"][:3]), hypothesis="A dog.")
    swapped = changed(premise="Un perro.", hypothesis=" ".join(SENTENCES["es"][:3]))
    faults = {("mnli", "en", 1): english, ("mnli", "es", 1): swapped}
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4, faults=faults))
    run(root)
    assert reasons(root, "mnli", "es")["q/1"][0] == "sides_swapped"


def test_every_reason_has_its_place_in_the_order() -> None:
    assert sorted(in_order(Reason)) == sorted(Reason)


def test_a_row_has_all_its_reasons_and_the_explaining_one_first(tmp_path: Path) -> None:
    edit = changed(premise="Como modelo de lenguaje, no puedo.", hypothesis="**No**")
    root = make_corpus(tmp_path, Plan(langs=("es",), faults={("mnli", "es", 3): edit}))
    run(root)
    found = reasons(root, "mnli", "es")["q/3"]
    assert found[:2] == ["refusal", "leakage"]
    assert "length_ratio" in found


def test_every_generated_row_is_kept_or_dropped_exactly_once(tmp_path: Path) -> None:
    failures = {("mnli", "sw", 2): Failure.REFUSED, ("mnli", "sw", 9): Failure.TRUNCATED}
    root = make_corpus(tmp_path, Plan(rows=20, failures=failures))
    result = run(root)
    ends = [row["synth_id"] for stage in ("kept", "dropped") for row in rows_of(root, stage, "mnli", "sw")]
    assert sorted(ends) == sorted(row["synth_id"] for row in rows_of(root, "generated", "mnli", "sw"))
    swahili = cell(result, "mnli", "sw")
    assert (swahili.generated, swahili.usable, swahili.kept) == (20, 18, 18)
    assert swahili.generation == {"failed:refused": 1, "failed:truncated": 1}
    dropped = {row["synth_source_id"]: row for row in rows_of(root, "dropped", "mnli", "sw")}
    assert (dropped["q/2"]["synth_outcome"], dropped["q/2"]["synth_reason"]) == ("failed", "refused")


def test_another_policy_scores_nothing_again(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(faults={("mnli", "es", 1): changed(premise="Uno dos tres.")}))
    first = run(root)
    strict = run(root, "strict")
    again = run(root, "strict")
    assert first.scored == 6
    assert (strict.scored, strict.reused) == (0, 6)
    assert strict.written == 6
    assert again.written == 0
    off = filter_corpus(root, parse_policy("length: off\nnumbers: off", "mine"), NO_DETECTORS, ALONE)
    assert off.scored == 0
    assert cell(off, "mnli", "es").kept == cell(first, "mnli", "es").kept + 1


class _Dying:
    """An engine that stops in the middle of the first stage, as a killed process does."""

    def map(self, job: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        for number, item in enumerate(items):
            if number == 3:
                raise KeyboardInterrupt
            yield job(item)


def test_a_killed_run_goes_on_at_the_last_finished_part(tmp_path: Path) -> None:
    root = make_corpus(tmp_path / "a", Plan(rows=20))
    with pytest.raises(KeyboardInterrupt):
        run(root, engine=_Dying())
    result = run(root)
    assert (result.scored, result.reused) == (6, 3)
    whole = make_corpus(tmp_path / "b", Plan(rows=20))
    run(whole)
    for stage in ("scored", "kept", "dropped"):
        assert list(rows_of(root, stage, "mnli", "sw")) == list(rows_of(whole, stage, "mnli", "sw"))


class _DyingAtTheEnd(_Dying):
    """An engine that stops when some parts are decided."""

    def map(self, job: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        return super().map(job, items) if isinstance(job, WriteJob) else iter([job(item) for item in items])


def test_a_corpus_between_two_policies_is_taken_for_neither(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es", "sw", "ar"), rows=4))
    run(root)
    with pytest.raises(KeyboardInterrupt):
        run(root, "strict", engine=_DyingAtTheEnd())
    with pytest.raises(BadFolder, match="run `synth filter"):
        read_summary(root)
    with pytest.raises(BadFolder, match="run `synth filter`"):
        filter_of(root)
    run(root, "strict")
    assert read_summary(root).policy == "strict"


def test_a_part_without_marker_is_scored_again(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    run(root)
    (root / "scored/mnli/es/part-00000.done.json").unlink()
    assert run(root).scored == 1


def test_a_part_made_anew_is_scored_again_and_a_vanished_one_removed(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=12))
    run(root)
    make_corpus(tmp_path, Plan(langs=("es",), rows=12, faults={("mnli", "es", 10): changed(hypothesis="")}))
    for path in (root / "generated/mnli/sw").glob("part-00001.*"):
        path.unlink()
    result = run(root)
    assert result.scored == 1
    assert reasons(root, "mnli", "es") == {"q/10": ["empty_field"]}
    assert not list((root / "kept/mnli/sw").glob("part-00001*"))


def test_processes_give_the_same_files_as_one(tmp_path: Path) -> None:
    one, two = (make_corpus(tmp_path / name, Plan(rows=16)) for name in ("one", "two"))
    run(one)
    run(two, engine=LocalEngine(2))
    files = [path.relative_to(one) for stage in ("scored", "kept") for path in (one / stage).glob("*/*/p*.parquet")]
    assert files
    for path in files:
        assert (one / path).read_bytes() == (two / path).read_bytes()


def _same_as_first(lang: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    first, second, third = SENTENCES[lang][:3]
    return changed(premise=f"{first} {second}", hypothesis=third.upper() if lang == "en" else third, label=0)


def test_an_english_duplicate_takes_its_translations_with_it(tmp_path: Path) -> None:
    english = {("mnli", "en", 6): _same_as_first("en"), ("mnli", "sw", 6): changed(label=0)}
    root = make_corpus(tmp_path, Plan(langs=("sw",), rows=8, faults=english))
    run(root)
    assert reasons(root, "mnli", "en") == {"q/6": ["duplicate"]}
    assert reasons(root, "mnli", "sw")["q/6"][-1] == "sibling_dropped"


def test_a_duplicate_in_one_language_stays_in_the_others(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=8, faults={("mnli", "sw", 6): _same_as_first("sw")}))
    run(root)
    found = reasons(root, "mnli", "sw")["q/6"]
    assert "duplicate" in found or "label" in found
    assert reasons(root, "mnli", "es") == {}


def _collapsed() -> Plan:
    """Sources 0 and 3 (both with label 0) have become the same in Swahili; 6 repeats 0 in English."""
    same, english = _same_as_first("sw"), {("mnli", "en", 6): _same_as_first("en")}
    return Plan(rows=8, faults={("mnli", "sw", 3): same, **english})


@pytest.mark.parametrize(
    ("reach", "gone"),
    [
        ("per_language", {"en": {6}, "es": set(), "sw": {3}}),
        ("english", {"en": {6}, "es": {6}, "sw": {6}}),
        ("english_and_own", {"en": {6}, "es": {6}, "sw": {3, 6}}),
        ("any", {"en": {3, 6}, "es": {3, 6}, "sw": {3, 6}}),
    ],
)
def test_how_far_the_removal_of_a_duplicate_reaches(tmp_path: Path, reach: str, gone: dict[str, set[int]]) -> None:
    root = make_corpus(tmp_path, _collapsed())
    policy = "\n".join(f"{name}: off" for name in all_checks()) + f"\ndedup: {{reach: {reach}}}"
    filter_corpus(root, parse_policy(policy, "mine"), NO_DETECTORS, ALONE)
    found = {lang: {int(source[2:]) for source in reasons(root, "mnli", lang)} for lang in gone}
    assert found == gone


def test_all_kinds_stay_parallel_when_the_policy_says_so(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=6, paraphrases=True))
    for lang, number in (("en", 1), ("es", 2)):  # the paraphrase of one row of each language is lost
        part = Part("mnli", lang, Kind.PARAPHRASE, 0)
        rows = [row for row in rows_of(root, "generated", "mnli", lang) if row["synth_kind"] == "paraphrase"]
        write_one(root, part, [{**row, "hypothesis": ""} if n == number else row for n, row in enumerate(rows)])
    filter_corpus(root, parse_policy("siblings: {keep_parallel: true}", "mine"), NO_DETECTORS, ALONE)
    for lang in ("en", "es"):
        kept = [(row["synth_kind"], row["synth_source_id"]) for row in rows_of(root, "kept", "mnli", lang)]
        kinds = {kind for kind, _ in kept}
        assert len(kinds) == 2
        assert set(kept) == {(kind, f"q/{number}") for kind in kinds for number in (0, 3, 4, 5)}


def test_languages_stay_parallel_when_the_policy_says_so(tmp_path: Path) -> None:
    plan = Plan(
        rows=8,
        faults={("mnli", "sw", 5): changed(hypothesis="")},
        failures={("mnli", "es", 2): Failure.REFUSED},
    )
    root = make_corpus(tmp_path, plan)
    filter_corpus(root, parse_policy("siblings: {keep_parallel: true}", "mine"), NO_DETECTORS, ALONE)
    kept = {
        lang: {row["synth_source_id"] for row in rows_of(root, "kept", "mnli", lang)} for lang in ("en", "es", "sw")
    }
    assert kept["en"] == kept["es"] == kept["sw"]
    assert len(kept["en"]) == 6


def test_a_dropped_row_never_makes_a_good_one_a_duplicate(tmp_path: Path) -> None:
    leak = changed(hypothesis=SENTENCES["es"][2] + " <a1>")
    copy = _same_as_first("es")
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4, faults={("mnli", "es", 0): leak, ("mnli", "es", 3): copy}))
    run(root)
    assert reasons(root, "mnli", "es") == {"q/0": ["leakage"]}


def test_near_duplicates_of_another_label_stay_with_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = changed(premise=SENTENCES["es"][0], hypothesis=SENTENCES["es"][1])
    faults = {("mnli", "es", n): copy for n in (0, 1)}  # neighbours have different labels
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4, faults=faults))
    rules = "{length: off, numbers: off, invariants: off}"
    result = filter_corpus(root, parse_policy(rules, "mine"), NO_DETECTORS, ALONE)
    noted = {row["synth_source_id"]: row["synth_notes"] for row in rows_of(root, "kept", "mnli", "es")}
    assert noted == {"q/0": ["label_conflict"], "q/1": ["label_conflict"], "q/2": [], "q/3": []}
    assert cell(result, "mnli", "es").notes == {"label_conflict": 2}
    print_table(result, load_policy("default"))
    assert "2 rows nearly repeat one of another label" in " ".join(capsys.readouterr().err.split())


def test_unjudged_languages_are_kept_or_dropped_by_policy_and_always_counted(tmp_path: Path) -> None:
    pytest.importorskip("pycld2")
    edit = changed(premise="1987.", hypothesis="24.")  # no letter at all
    root = make_corpus(tmp_path, Plan(langs=("sw",), rows=4, faults={("mnli", "sw", 1): edit}))
    rules = "length: off\n"
    kept = filter_corpus(root, parse_policy(rules, "mine"), ToolSettings(), ALONE)
    dropped = filter_corpus(root, parse_policy(rules + "language: {cannot_judge: drop}", "mine"), ToolSettings(), ALONE)
    assert cell(kept, "mnli", "sw").notes["language_unjudged"] == 1
    assert cell(kept, "mnli", "sw").kept == 4
    assert cell(dropped, "mnli", "sw").dropped == {"language_unjudged": 1}
    assert cell(dropped, "mnli", "sw").answers["cannot_judge"] == 1


def test_a_paraphrase_that_says_the_same_words_is_dropped(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4, paraphrases=True))
    same = next(row for row in rows_of(root, "generated", "mnli", "es") if row["synth_kind"] == "translation")
    row = {**same, "synth_kind": "paraphrase", "synth_id": same["synth_id"].replace("translation", "paraphrase")}
    write_one(root, Part("mnli", "es", Kind.PARAPHRASE, 0), [row])
    result = run(root)
    assert cell(result, "mnli", "es", "paraphrase").dropped == {"not_paraphrased": 1}


def test_paraphrases_are_scored_again_when_what_they_were_made_from_is_new(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4, paraphrases=True))
    run(root)
    rows = list(rows_of(root, "generated", "mnli", "es"))
    reworded = {row["synth_source_id"]: row for row in rows if row["synth_kind"] == "paraphrase"}
    told = [row for row in rows if row["synth_kind"] == "translation"]
    told[1] = {**told[1], **{name: reworded["q/1"][name] for name in ("premise", "hypothesis")}}
    write_one(root, Part("mnli", "es", Kind.TRANSLATION, 0), told)
    result = run(root)
    assert result.scored == 2
    assert cell(result, "mnli", "es", "paraphrase").dropped == {"not_paraphrased": 1}


def test_a_run_killed_by_the_system_loses_no_finished_part(tmp_path: Path) -> None:
    root = make_corpus(tmp_path / "a", Plan(langs=("es", "sw", "ar", "th"), rows=60, part_rows=4))
    parts = len(list((root / "generated").glob("*/*/*.done.json")))
    command = [
        sys.executable,
        "-m",
        "synth.cli",
        "filter",
        str(root),
        "--workers",
        "1",
        "--detectors",
        "none",
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and len(list((root / "scored").glob("*/*/*.done.json"))) < 3:
        time.sleep(0.01)
    process.kill()
    process.wait()
    next((root / "scored").glob("*/*")).joinpath(".part-00000.parquet.0123abcd.tmp").write_bytes(b"half")
    done = len(list((root / "scored").glob("*/*/*.done.json")))
    result = run(root)
    assert 3 <= done == result.reused
    assert result.scored == parts - done
    assert all(c.kept == 60 for c in result.cells)
    assert not list(root.rglob("*.tmp"))


def test_a_corpus_is_filtered_by_one_command_at_a_time(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4))
    with alone(root / ".filter.lock", "taken"), pytest.raises(BadFolder, match="another `synth filter` works on"):
        run(root)
    assert cell(run(root), "mnli", "es").kept == 4
    assert not (root / ".filter.lock").exists()
