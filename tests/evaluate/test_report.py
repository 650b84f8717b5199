"""The report from prediction folders: answer, holes, failed seeds, claims; and the page in headless Chromium."""

from __future__ import annotations

import argparse
import html as html_module
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag, BadFolder
from synth.evaluate import command_report
from synth.evaluate.analysis import Analysis, FunnelRow, analyse
from synth.evaluate.claims import Verdict
from synth.evaluate.predictions import ArmKind, write_run
from synth.evaluate.report import charts
from synth.evaluate.report.page import html, write_report
from synth.evaluate.report.words import answer, notes
from synth.evaluate.results import Arm, Results, load_results
from synth.languages import LANGUAGES, TARGETS
from tests.evaluate.make_results import arm, info, three_arms, write

TWO_TASKS = ("xnli", "tydiqa")
CELLS = {"xnli": ("de", "sw", "zh"), "tydiqa": ("ar", "fi")}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def whole() -> Analysis:
    """All ten tasks in all languages, three arms of two seeds."""
    funnel = (FunnelRow("de", 100, 95, 80), FunnelRow("sw", 100, 90, 45))
    return analyse(three_arms(), funnel=funnel, replicates=200, sources=("runs",))


def test_the_answer_is_three_sentences_about_multilingual_against_english(whole: Analysis) -> None:
    first, second, third = answer(whole)
    assert first.startswith("multilingual is better than english over XTREME-R's ten tasks: +")
    assert re.search(r"95 % interval \+\d+\.\d to \+\d+\.\d\.$", first)
    assert "same-task targets" in second and "cross-task targets" in second
    assert "Languages that the intermediate corpus held gain +" in third and "2 and 2 seeds" in third


def test_every_arm_has_tasks_and_an_overall_score(whole: Analysis) -> None:
    for one in whole.arms:
        assert len(one.tasks) == 10
        assert one.overall is not None
        assert one.overall.value == pytest.approx(sum(task.estimate.value for task in one.tasks) / 10)
        mean = sum(seed.overall or 0.0 for seed in one.seeds) / len(one.seeds)
        assert one.overall.value == pytest.approx(mean)


def test_every_cell_has_a_standard_error_and_qa_both_of_its_numbers(whole: Analysis) -> None:
    none = whole.arms[0]
    assert len(none.cells) == sum(task.of for task in none.tasks)
    assert all(cell.estimate.se > 0 and cell.small for cell in none.cells)
    assert set(none.averages["xquad"]) == {"f1", "exact_match"}
    assert none.averages["udpos"]["token_accuracy"] > none.averages["udpos"]["f1"]
    page = "".join(html(whole, "t"))
    assert "token accuracy" in page and ", EM " in page


def test_groups_hold_every_cell_once(whole: Analysis) -> None:
    main = whole.comparisons[0]
    assert (main.arm, main.base) == ("multilingual", "english")
    for groups in (main.languages, main.tiers, main.scripts, main.coverage):
        assert sum(group.cells for group in groups) == len(main.cells)
    covered = {cell.lang for cell in main.cells if cell.covered}
    assert covered == {"en", "de", "sw", "zh", "th"}


def test_a_missing_language_leaves_no_overall_score_and_is_said() -> None:
    analysis = analyse(three_arms(TWO_TASKS, skip=("sw",)), replicates=100)
    assert all(one.overall is None for one in analysis.arms)
    assert "not the benchmark's score" in answer(analysis)[0]
    (said,) = [note for note in notes(analysis) if "8 tasks were not evaluated" in note]
    assert said.startswith("none, english, multilingual: ") and "2 cells (one language of one task) are missing" in said
    page = "".join(html(analysis, "t"))
    assert "(14/15)" in page and ">hole<" in page


def test_seeds_that_lack_a_cell_are_not_averaged_over() -> None:
    """One seed of an arm without Swahili: the cell is left out for the arm, not averaged over the other seed."""
    results = three_arms(("xnli",))
    short = arm("english", ArmKind.ENGLISH, 0.5, seeds=(3,), tasks=("xnli",), skip=("sw",)).runs
    english = results.arm("english")
    mixed = Arm("english", english.kind, english.intermediate, english.languages, (*english.runs, *short), ())
    analysis = analyse(Results((results.arm("none"), mixed)), replicates=100)
    found = next(one for one in analysis.arms if one.name == "english")
    assert [(task.languages, task.of) for task in found.tasks] == [(14, 15)]


@pytest.mark.parametrize(
    ("chances", "tasks", "told"),
    [
        ((0.5, 0.8), ("xnli", "tydiqa"), r"The largest gain is on \S+ \(\+.*, the smallest on \S+ \(\+"),
        ((0.8, 0.5), ("xnli", "tydiqa"), r"The largest loss is on \S+ \(-.*, the smallest on \S+ \(-"),
        ((0.8, 0.5), ("xnli",), r"The one task is XNLI \(-"),
    ],
)
def test_a_loss_is_not_called_a_gain(chances: tuple[float, float], tasks: tuple[str, ...], told: str) -> None:
    both = {"intermediate": ("mnli",), "languages": ("en",)}
    arms = (
        arm("english", ArmKind.ENGLISH, chances[0], tasks=tasks, **both),
        arm("multilingual", ArmKind.MULTILINGUAL, chances[1], tasks=tasks, **both),
    )
    assert re.match(told, answer(analyse(Results(arms), replicates=100))[1])


def test_rows_of_test_sets_that_could_not_be_used_are_said() -> None:
    tasks = {"xnli": {"style": "heads", "problems": {"de": "bad_row 3"}}, "tydiqa": {}}
    one = arm("none", ArmKind.NONE, 0.4, tasks=("xnli",), settings={"tasks": tasks})
    analysis = analyse(Results((one, arm("english", ArmKind.ENGLISH, 0.5, tasks=("xnli",)))), replicates=100)
    said = "none: test sets with rows that could not be used, or are odd: XNLI de (bad_row 3)."
    assert said in list(notes(analysis))


def test_an_arm_that_shares_nothing_with_another_leaves_the_rest_of_the_report(tmp_path: Path) -> None:
    english: dict[str, Any] = {"intermediate": ("mnli",), "languages": ("en",)}
    write(tmp_path, info("none", ArmKind.NONE, 1), 0.4, {"tydiqa": ("fi",)})
    write(tmp_path, info("english", ArmKind.ENGLISH, 1, **english), 0.5, {"xnli": ("de",)})
    assert answer(analyse(load_results([tmp_path]), replicates=100))[0].startswith("No two arms that differ")
    write(tmp_path, info("multilingual", ArmKind.MULTILINGUAL, 1, **english), 0.5, {"xnli": ("de",)})
    found = analyse(load_results([tmp_path]), replicates=100)
    assert [(one.arm, one.base) for one in found.comparisons] == [("multilingual", "english")]


def test_an_evaluation_that_has_not_ended_is_no_failure_of_the_run(tmp_path: Path) -> None:
    write(tmp_path, info("none", ArmKind.NONE, 1), 0.4, CELLS)
    write_run(tmp_path / "english-1", info("english", ArmKind.ENGLISH, 1, status="running"))
    found = analyse(load_results([tmp_path]), replicates=100)
    assert any("its evaluation has not come to its end" in note for note in notes(found))
    assert answer(found)[0].startswith("One arm only was evaluated to its end")


def verdicts(analysis: Analysis) -> dict[str, Verdict]:
    return {claim.text: claim.verdict for claim in analysis.claims}


def test_claims_are_judged_only_where_the_arms_allow(whole: Analysis) -> None:
    found = list(verdicts(whole).values())
    assert len(found) == 8
    assert found[0] is found[1] is found[5] is Verdict.UNTESTED  # single tasks, multi-task, MLM
    assert found[2] is Verdict.OPEN  # retrieval leads, but by less than a point over QA
    assert found[3] is Verdict.HOLDS  # TyDiQA gains in every arm
    assert found[4] is Verdict.FAILS  # these made-up arms gain on XNLI
    assert found[6] is Verdict.FAILS  # and the multilingual one over English


def test_the_gain_of_the_best_is_open_where_there_are_few_to_choose_from(whole: Analysis) -> None:
    headline = whole.claims[-1]
    assert headline.verdict is Verdict.OPEN
    assert "nine tasks and their mixture, not among 1." in headline.evidence


def test_machine_translation_is_judged_by_its_own_arm() -> None:
    arms = [
        arm("none", ArmKind.NONE, 0.3, tasks=TWO_TASKS),
        arm("english", ArmKind.ENGLISH, 0.5, tasks=TWO_TASKS, intermediate=("mnli",)),
        arm("multilingual", ArmKind.MULTILINGUAL, 0.8, tasks=TWO_TASKS, intermediate=("mnli",)),
    ]
    stand_in = analyse(Results(tuple(arms)), replicates=100).claims[6]
    assert stand_in.verdict is Verdict.FAILS and stand_in.evidence.endswith(
        "(No arm multilingual-mt: an LLM's data stand in.)"
    )
    arms.append(arm("multilingual-mt", ArmKind.MULTILINGUAL_MT, 0.5, tasks=TWO_TASKS, intermediate=("mnli",)))
    analysis = analyse(Results(tuple(arms)), replicates=100)
    assert analysis.claims[6].evidence.startswith("multilingual-mt over english")
    pairs = [(one.arm, one.base) for one in analysis.comparisons]
    assert pairs[0] == ("multilingual", "english") and ("multilingual-mt", "english") in pairs


def test_single_task_arms_are_ranked() -> None:
    chances = {"squad_v1": 0.8, "mnli": 0.75, "hellaswag": 0.7, "qqp": 0.45, "ccg": 0.4}
    arms = [arm("none", ArmKind.NONE, 0.3, tasks=TWO_TASKS)]
    for name, chance in chances.items():
        arms.append(arm(name, ArmKind.ENGLISH, chance, tasks=TWO_TASKS, intermediate=(name,), languages=("en",)))
    many = arm("all", ArmKind.ENGLISH, 0.83, tasks=TWO_TASKS, intermediate=tuple(chances), languages=("en",))
    analysis = analyse(Results((*arms, many)), replicates=100)
    assert analysis.claims[0].verdict is Verdict.HOLDS
    assert analysis.claims[0].evidence.startswith("Gain over none: squad_v1")
    assert analysis.claims[1].verdict is Verdict.OPEN  # 3 points more, give or take as many
    assert analysis.claims[1].evidence.startswith("all ") and "[" in analysis.claims[1].evidence
    assert analysis.relations["mnli"]["mnli>xnli"] == "same-task"
    assert analysis.relations["mnli"]["mnli>tydiqa"] == "cross-task"


def test_models_and_tasks_under_one_arm_name_are_told_apart_and_matched(tmp_path: Path) -> None:
    """Two models, and recipes of two intermediate tasks: an arm is compared with its own model and tasks only."""
    tasks: Mapping[str, tuple[str, ...]] = {"xnli": ("sw",)}
    for model in ("small", "large"):
        for kind in (ArmKind.ENGLISH, ArmKind.MULTILINGUAL):
            for task in ("mnli", "squad_v1"):
                one = info(kind.value, kind, 1, run=f"{model}-{kind}-{task}", intermediate=(task,), model=model)
                write(tmp_path, one, 0.5, dict(tasks))
        write(tmp_path, info("none", ArmKind.NONE, 1, run=f"{model}-none", model=model), 0.4, dict(tasks))
    analysis = analyse(load_results([tmp_path]), replicates=100)
    assert [one.name for one in analysis.arms][:3] == [
        "none (large)", "english (large, mnli)", "english (large, squad_v1)",
    ]  # fmt: skip
    pairs = {(one.arm, one.base) for one in analysis.comparisons}
    assert ("multilingual (small, mnli)", "english (small, mnli)") in pairs
    assert ("multilingual (small, mnli)", "none (small)") in pairs
    assert all(arm.split("(")[1][:5] == base.split("(")[1][:5] for arm, base in pairs)
    english = {pair for pair in pairs if pair[1].startswith("english")}
    assert all(arm.removeprefix("multilingual") == base.removeprefix("english") for arm, base in english)
    assert len(english) == 4
    first = answer(analysis)[0]
    assert first.count("] over english (") == 3, "the other models and tasks are named beside the first"


def test_the_report_says_how_its_runs_were_made(tmp_path: Path) -> None:
    settings = {
        "train": {"recipe": "e5-small", "corpora": {"pilot": "a" * 64}},
        "protocol": {"name": "jiant"},
        "synth": "0.1.0",
        "commit": "b" * 40,
    }
    for seed in (1, 2):
        write(tmp_path / "r", info("english", ArmKind.ENGLISH, seed, settings=settings), 0.5, {"xnli": ("sw",)})
        write(tmp_path / "r", info("none", ArmKind.NONE, seed, settings=settings), 0.5, {"xnli": ("sw",)})
    report(str(tmp_path / "r"), "--out", str(tmp_path / "out"), "--replicates", "100")
    for name in ("report.html", "report.md"):
        text = html_module.unescape((tmp_path / "out" / name).read_text("utf-8"))
        assert "recipe e5-small; corpora pilot (aaaaaaaaaaaa); evaluated with settings jiant" in text
        assert "synth train e5-small --arm none --arm english --seed 1 --seed 2" in text
        assert "synth evaluate runs/e5-small/*-* --settings jiant" in text


def test_arms_on_different_data_are_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    from synth.evaluate.predictions import write_predictions
    from tests.evaluate.make_results import predictions

    write(tmp_path, info("none", ArmKind.NONE, 1), 0.5, {"xnli": ("sw",)})
    place = write(tmp_path, info("english", ArmKind.ENGLISH, 1), 0.5, {})
    made = predictions("xnli", "sw", 0.5, 1)
    write_predictions(place, replace(made, golds=made.golds[::-1]))
    with pytest.raises(BadFolder, match="xnli sw: arms"):
        analyse(load_results([tmp_path]), replicates=100)


def runs(folder: Path) -> Path:
    """Two arms of two seeds on disk, and a failed seed."""
    more: Mapping[str, Any] = {"intermediate": ("squad_v1",), "languages": ("en", "sw")}
    for seed in (1, 2):
        write(folder, info("english", ArmKind.ENGLISH, seed, intermediate=("squad_v1",)), 0.5, CELLS)
        write(folder, info("multi <&>", ArmKind.MULTILINGUAL, seed, run=f"multi-{seed}", **more), 0.8, CELLS)
    failed = info("multi <&>", ArmKind.MULTILINGUAL, 3, run="multi-3", status="failed", why="loss became NaN", **more)
    write_run(folder / "multi-3", failed)
    return folder


def report(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command_report.add_arguments(parser)
    return command_report.run(parser.parse_args(words))


def test_the_command_writes_three_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(str(runs(tmp_path / "runs")), "--out", str(tmp_path / "out"), "--replicates", "100", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert printed["comparisons"][0]["arm"] == "multi <&>"
    page, markdown = ((tmp_path / "out" / name).read_text("utf-8") for name in ("report.html", "report.md"))
    for text in (page, markdown):
        assert "loss became NaN" in text
        assert "published" in text
    assert "multi &lt;&amp;&gt;" in page and "multi <&>" not in page
    assert "| mean of tasks |" in markdown
    assert re.search(r"src=|https?://|<script|url\(|@import", page) is None  # nothing is loaded
    assert str(tmp_path) not in page + markdown


def test_the_same_results_give_the_same_report(tmp_path: Path) -> None:
    place = runs(tmp_path / "runs")
    for name in ("one", "two"):
        report(str(place), "--out", str(tmp_path / name), "--replicates", "100")
    assert (tmp_path / "one/report.json").read_bytes() == (tmp_path / "two/report.json").read_bytes()


def test_a_baseline_can_be_named_and_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(runs(tmp_path / "runs"))
    options = ("--out", str(tmp_path / "out"), "--replicates", "100", "--json")
    report(place, "--baseline", "multi <&>", *options)
    assert json.loads(capsys.readouterr().out)["comparisons"][0]["arm"] == "english"
    with pytest.raises(BadFolder, match="there are english, multi"):
        report(place, "--baseline", "englsh", *options)


def test_too_few_replicates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="at least 100"):
        report(str(tmp_path), "--replicates", "10")


def test_one_arm_is_reported_without_comparison(tmp_path: Path) -> None:
    write(tmp_path / "runs", info("none", ArmKind.NONE, 1), 0.5, CELLS)
    report(str(tmp_path / "runs"), "--out", str(tmp_path / "out"), "--replicates", "100")
    assert "nothing can be compared" in (tmp_path / "out/report.md").read_text("utf-8")


# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB: protanopia, deuteranopia, tritanopia.
SIGHTS = (
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)


def seen(colour: str, sight: Sequence[Sequence[float]]) -> list[float]:
    """A colour as such an eye sees it, sRGB from 0 to 1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    mixed = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in sight]
    return [one * 12.92 if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in mixed]


@pytest.mark.parametrize("sight", SIGHTS, ids=["protanopia", "deuteranopia", "tritanopia"])
def test_colours_that_mean_something_are_told_apart_by_every_eye(sight: Sequence[Sequence[float]]) -> None:
    from math import dist

    for several in ((charts.BLUE, charts.VERMILION, charts.GREY), (charts.BLUE, charts.ORANGE, charts.PALE)):
        pairs = [(one, other) for one in several for other in several if one < other]
        near = {pair: dist(seen(pair[0], sight), seen(pair[1], sight)) for pair in pairs}
        assert min(near.values()) > 0.2, near  # red and green of equal brightness come to about 0.1


PROBE = """<script>
addEventListener('error', e => document.body.dataset.error = e.message);
function drawn(text, lang) {
  const canvas = document.createElement('canvas'); canvas.width = 40; canvas.height = 40;
  const pen = canvas.getContext('2d', {willReadFrequently: true}); pen.font = '24px system-ui, sans-serif';
  pen.fillText(text, 4, 30); return pen.getImageData(0, 0, 40, 40).data.join('');
}
addEventListener('load', () => {
  document.querySelectorAll('details').forEach(one => one.open = true);
  const missing = drawn('\\u0378'), blank = drawn('');
  const texts = [...document.querySelectorAll('#languages ~ svg.forest text.label')];
  const labels = texts.filter(one => one.getAttribute('lang') != 'en');
  const unshown = labels.filter(one => {
    const letter = [...one.textContent.split(' ').slice(1).join('')].find(c => /\\p{L}/u.test(c));
    const picture = drawn(letter); return picture == missing || picture == blank;
  }).map(one => one.getAttribute('lang'));
  const plots = [...document.querySelectorAll('svg.forest')].map(one => one.getBoundingClientRect());
  const found = {
    width: innerWidth, scroll: document.documentElement.scrollWidth, labels: labels.length, unshown,
    plots: plots.length, undrawn: plots.filter(one => one.width < 100 || one.height < 20).length,
    wide: plots.filter(one => one.right > innerWidth + 1).length, error: document.body.dataset.error || '',
    circles: [...document.querySelectorAll('circle')].filter(one => isNaN(+one.getAttribute('cx'))).length,
  };
  const out = document.createElement('pre'); out.id = 'probe'; out.textContent = JSON.stringify(found);
  document.body.append(out);
});
</script></body>"""


# Headless Chromium has no window narrower than 500, so the page stands in a frame of the wanted width.
FRAME = """<!doctype html><meta charset="utf-8"><iframe style="border:0" width="{width}" height="900" srcdoc="{page}">
</iframe><script>
const wait = setInterval(() => {{
  const found = document.querySelector('iframe').contentDocument.getElementById('probe');
  if (found) {{ clearInterval(wait); document.body.append(found.cloneNode(true)); }}
}}, 50);
</script>"""


def browse(page: Path, width: int) -> dict[str, Any]:
    """What a window of this width shows: the probe in the page writes it down, and the page's DOM is printed."""
    assert CHROMIUM is not None
    frame = page.with_name("frame.html")
    text = html_module.escape(page.read_text("utf-8").replace("</body>", PROBE), quote=True)
    frame.write_text(FRAME.format(width=width, page=text), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"]
    profile = f"--user-data-dir={page.parent / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *options, profile, "--virtual-time-budget=5000", "--dump-dom", frame.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout.rpartition("</iframe>")[2], re.DOTALL)
    assert found is not None, done.stderr[-500:]
    return dict(json.loads(html_module.unescape(found[1])))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1200])  # a phone, a laptop
def test_the_page_in_chromium(whole: Analysis, tmp_path: Path, width: int) -> None:
    page = write_report(tmp_path, whole)[0]
    found = browse(page, width)
    assert found["error"] == ""
    assert found["width"] == width
    assert found["scroll"] <= found["width"], "the page scrolls sideways"
    assert (found["undrawn"], found["wide"], found["circles"]) == (0, 0, 0)
    assert found["plots"] >= 5
    assert found["labels"] == len(TARGETS)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_letters_of_every_script_are_shown(whole: Analysis, tmp_path: Path) -> None:
    found = browse(write_report(tmp_path, whole)[0], 390)
    without = set(found["unshown"])
    assert without <= {code for code in TARGETS if LANGUAGES[code].main_script not in {"Latn", "Cyrl", "Grek"}}
    if without:
        pytest.skip(f"no fonts on this machine for {' '.join(sorted(without))}; the others are shown")
