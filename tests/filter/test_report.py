"""report.html: complete, self-contained, right to left where it should be, and readable on a phone."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from synth.errors import BadFolder
from synth.filter.report.charts import heat, histogram, loss
from synth.filter.report.page import write_report
from tests.filter.make_corpus import SENTENCES, Plan, changed, make_corpus
from tests.filter.test_run import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = 'El <script>document.title = "broken"</script> perro & el gato son amigos desde hace tiempo. **Fin**'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    faults = {
        ("mnli", "ar", 1): changed(hypothesis=SENTENCES["en"][3]),
        ("mnli", "es", 2): changed(hypothesis=HOSTILE),
        ("mnli", "es", 3): changed(premise="Uno."),
    }
    langs = ("ar", "es", "th")
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root, Plan(langs=langs, rows=30, tasks=("mnli", "squad_v1"), faults=faults, paraphrases=True))
    run(root)
    return write_report(root)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "line", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("rect", "line"):
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def parsed(path: Path) -> _Tags:
    tags = _Tags()
    tags.feed(path.read_text("utf-8"))
    return tags


def test_all_tags_are_closed_in_order(report: Path) -> None:
    tags = parsed(report)
    assert tags.wrong == []
    assert tags.open == []


def test_nothing_is_loaded_from_anywhere(report: Path) -> None:
    text = report.read_text("utf-8")
    assert not re.search(r"\bsrc=|https?://|url\(|@import|<script|<link", text)


def test_every_section_is_there_and_linked(report: Path) -> None:
    text = report.read_text("utf-8")
    links = re.findall(r'<a href="#(\w+)"', text)
    assert links == ["funnel", "reasons", "languages", "lengths", "rungs", "rows", "thresholds"]
    assert all(f'<h2 id="{link}">' in text for link in links)
    assert "markers 60" in text
    assert "length_ratio" in text


def test_twenty_rows_of_each_end_with_both_sides(report: Path) -> None:
    text = report.read_text("utf-8")
    assert "20 kept rows" in text
    assert "1 dropped rows" in text
    for lang in ("ar", "th"):
        assert SENTENCES[lang][0] in text
    assert SENTENCES["en"][0] in text


def test_direction_and_language_are_those_of_the_row(report: Path) -> None:
    directions = {attrs["lang"]: attrs["dir"] for tag, attrs in parsed(report).tags if tag == "p" and "lang" in attrs}
    assert directions == {"ar": "rtl", "es": "ltr", "th": "ltr", "en": "ltr"}


def test_text_of_a_corpus_is_never_markup(report: Path) -> None:
    text = report.read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_policy_is_shown_with_its_comments(report: Path) -> None:
    assert "Largest share" in report.read_text("utf-8") or "Correct text" in report.read_text("utf-8")


def test_a_corpus_that_was_not_filtered_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="run `synth filter"):
        write_report(tmp_path)


def _luminance(colour: str) -> float:
    red, green, blue = map(int, re.findall(r"\d+", colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_can_be_told_apart_without_hue() -> None:
    kept = [_luminance(heat(step / 10)[0]) for step in range(11)]
    lost = [_luminance(loss(step / 10)[0]) for step in range(11)]
    assert kept == sorted(kept)
    assert lost == sorted(lost, reverse=True)
    assert heat(0.0)[1] == "#fff"
    assert heat(1.0)[1] == "#000"


def test_a_histogram_draws_only_what_is_there() -> None:
    picture = histogram([0, 3, 1], [-0.1, 0.0, 0.1], 0.0, (-0.05, 0.1), "three bins")
    assert picture.count("<rect") == 3  # the accepted range and two bars
    assert 'aria-label="three bins"' in picture


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
@pytest.mark.parametrize("width", [360, 1200])
def test_it_renders_in_a_browser_without_scrolling_sideways(report: Path, tmp_path: Path, width: int) -> None:
    # A frame of the wanted width: headless windows cannot be narrower than 500 pixels. The page itself has no script.
    frame = tmp_path / "frame.html"
    frame.write_text(
        f"<!doctype html><title>waiting</title>"
        f"<iframe src='{report.name}' style='width:{width}px;height:800px;border:0'></iframe>"
        "<script>onload = () => { const d = document.querySelector('iframe').contentDocument;"
        "document.title = [d.title, d.documentElement.scrollWidth, d.querySelectorAll('svg').length,"
        "d.querySelectorAll('[dir=rtl]').length].join('|'); };</script>",
        "utf-8",
    )
    (tmp_path / report.name).write_bytes(report.read_bytes())
    command = [str(CHROMIUM), *FLAGS, "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=5000", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None
    name, wide, pictures, right_to_left = title[1].split("|")
    assert name.endswith("filter report")
    assert int(wide) <= width
    assert int(pictures) == 3
    assert int(right_to_left) > 40
