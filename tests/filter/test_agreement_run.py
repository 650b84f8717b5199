"""`--label-agreement`: sampled rows, translated back and judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from synth.errors import BadFlag, BadFolder
from synth.filter.agreement import Agreement, wilson
from synth.filter.agreement_run import AgreementCell, estimate, pooled
from synth.filter.back_translation import Text, back_prompt, corpus_teacher
from synth.filter.label_judge import label_names
from synth.filter.policy import load_policy
from synth.filter.run import filter_corpus
from synth.filter.tools import ToolSettings
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.tasks import get_task
from synth.teacher.profiles import get_profile, profile_names
from tests.conftest import Cli
from tests.filter.make_corpus import SENTENCES, Plan, make_corpus, rows_of
from tests.teacher.standin import StandInProcess
from tests.teacher.standin import translate as rotate

NLI = ("entailment", "neutral", "contradiction")


class Oracle:
    """Knows the label of every English pair of the corpus, and says `neutral` of others."""

    name = "oracle"

    def __init__(self, root: Path, labels: Sequence[str] = ("ENTAILMENT", "NEUTRAL", "CONTRADICTION")) -> None:
        self.labels = labels
        rows = rows_of(root, "kept", "mnli", "en")
        self.known = {(row["premise"], row["hypothesis"]): int(row["label"]) for row in rows}

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        return [self.labels[self.known.get(pair, 1)] for pair in pairs]


def filtered(root: Path, plan: Plan) -> Path:
    filter_corpus(make_corpus(root, plan), load_policy("default"), ToolSettings(detectors=()))
    return root


def to_english(texts: Sequence[Text]) -> list[str | None]:
    """A translator without fault: every sentence of the corpus by its place."""
    found = []
    for text in texts:
        english = text.text
        for place, sentence in enumerate(SENTENCES[text.lang]):
            english = english.replace(sentence, SENTENCES["en"][place])
        found.append(english)
    return list(found)


def agreement(root: Path, translate: Callable[[Sequence[Text]], Sequence[str | None]], size: int) -> AgreementCell:
    (cell,), _ = estimate(root, size, Oracle(root), translate)
    return cell


def test_what_translation_and_judge_lose_is_told_apart(tmp_path: Path) -> None:
    root = filtered(tmp_path, Plan(langs=("es",), rows=12))
    perfect = agreement(root, to_english, 9)
    assert (perfect.agreement.back.hits, perfect.agreement.english.hits, perfect.agreement.back.count) == (9, 9, 9)
    lost = agreement(root, lambda texts: [None, *to_english(texts)[1:]], 9)
    assert (lost.failed, lost.agreement.back.count, lost.agreement.english.count) == (1, 8, 8)
    garbled = agreement(root, lambda texts: ["something else" for _ in texts], 12)
    assert (garbled.agreement.back.hits, garbled.agreement.english.hits) == (4, 12), "a third of the rows is neutral"


def test_languages_are_pooled_where_there_are_several() -> None:
    one, other = (
        Agreement(wilson(1, 2), wilson(2, 2), wilson(1, 2)),
        Agreement(wilson(3, 4), wilson(2, 4), wilson(4, 4)),
    )
    cells = [AgreementCell("mnli", lang, "translation", 1, each) for lang, each in (("es", one), ("sw", other))]
    (found,) = pooled([*cells, AgreementCell("qqp", "es", "translation", 0, one)])
    assert (found.task, found.lang, found.failed) == ("mnli", "all", 2)
    assert found.agreement == Agreement(wilson(4, 6), wilson(4, 6), wilson(5, 6))


def test_tasks_that_the_judge_cannot_label_are_named(tmp_path: Path) -> None:
    root = filtered(tmp_path, Plan(langs=("es",), rows=4, tasks=("mnli", "commonsense_qa")))
    cells, left_out = estimate(root, 2, Oracle(root), to_english)
    assert [cell.task for cell in cells] == ["mnli"]
    assert left_out == {"commonsense_qa": "commonsense_qa has no pair of texts with a label"}
    with pytest.raises(BadFlag, match="mnli has the labels entailment, neutral, contradiction"):
        estimate(root, 2, Oracle(root, ("yes", "no", "perhaps")), to_english)


@pytest.mark.parametrize(
    ("judge", "first"),
    [
        (("contradiction", "Entailment", "NEUTRAL"), "contradiction"),
        (("LABEL_0", "LABEL_1", "LABEL_2"), "entailment"),
        (("LABEL_0", "LABEL_1"), None),
        (("duplicate", "not-duplicate"), None),
    ],
)
def test_labels_are_matched_by_name_or_by_number(judge: tuple[str, ...], first: str | None) -> None:
    names = label_names(judge, get_task("mnli"))
    assert (names and names[judge[0]]) == first


def test_every_kind_of_teacher_is_asked_for_english() -> None:
    text = Text("El perro\nduerme.", "es")
    chat = back_prompt(ChatStyle(), text)
    assert chat.keys == ("text",) and "Spanish into English" in chat.payload["messages"][0]["content"]
    alone = back_prompt(ChatStyle(system=False), text).payload["messages"]
    assert [message["role"] for message in alone] == ["user"]
    few = back_prompt(FewShotStyle(), text).payload["prompt"]
    assert few.endswith("Spanish: El perro duerme.\nEnglish:") and few.count("\nEnglish: ") == 4
    codes = back_prompt(TranslationStyle("translategemma"), text).payload["messages"][0]["content"][0]
    assert (codes["source_lang_code"], codes["target_lang_code"]) == ("es", "en")
    assert "from Spanish into English" in back_prompt(TranslationStyle("tower"), text).payload["messages"][0]["content"]


def test_the_teacher_of_the_corpus_is_the_default(tmp_path: Path) -> None:
    from synth.corpus.identity import describe
    from synth.corpus.layout import Layout

    layout = Layout(tmp_path)
    with pytest.raises(BadFolder, match="--teacher"):
        corpus_teacher(layout)
    profile = next(name for name in profile_names() if get_profile(name).model)
    for model, name in ((get_profile(profile).model, profile), ("mine/another", "mine/another")):
        layout.description.unlink(missing_ok=True)
        made = {"config": {}, "teacher": {"profile": profile, "model": model}, "sources": {}}
        describe(layout, made, ["es"], ["mnli"])
        assert corpus_teacher(layout) == name


@pytest.fixture
def tiny_judge(tmp_path: Path) -> Path:
    """A model of a few random weights that labels pairs."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "judge"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        id2label=dict(enumerate(NLI)), label2id={name: number for number, name in enumerate(NLI)},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_the_command_asks_teacher_and_judge_and_reports(tmp_path: Path, cli: Cli, tiny_judge: Path) -> None:
    root = make_corpus(tmp_path / "corpus", Plan(rows=12))
    asked = ["filter", root, "--workers", 1, "--detectors", "none"]
    with StandInProcess(tmp_path) as teacher:
        code, _, err = cli(*asked, "--label-agreement", 4, "--judge", tiny_judge, "--teacher", teacher.url)
        assert code == 0, err
        assert 8 <= teacher.requests <= 4 * 2 * 2, "two texts of each of four rows in two languages, equal ones once"
    assert "label agreement of mnli es (translation):" in err and "n = 4)" in err
    found = json.loads((root / "filter.json").read_text())["label_agreement"]
    assert [(cell["lang"], cell["failed"], cell["agreement"]["back"]["count"]) for cell in found["cells"]] == [
        ("es", 0, 4),
        ("sw", 0, 4),
    ]
    assert found["teacher"] == "server"
    assert "Label agreement" in (root / "report.html").read_text()
    assert cli(*asked)[0] == 0
    assert "Label agreement" not in (root / "report.html").read_text(), "an estimate belongs to the run that made it"


@pytest.mark.slow
def test_a_teacher_that_is_gone_takes_no_report_with_it(tmp_path: Path, cli: Cli, tiny_judge: Path) -> None:
    root = make_corpus(tmp_path / "corpus", Plan(rows=4))
    nobody = "http://127.0.0.1:9"  # the port of a service that throws everything away, where nothing listens
    asked = ["--label-agreement", 2, "--judge", tiny_judge, "--teacher", nobody]
    code, out, err = cli("filter", root, "--workers", 1, "--detectors", "none", *asked)
    assert code != 0 and "127.0.0.1:9" in err.splitlines()[-1]
    assert (root / "report.html").is_file() and "kept" in out + err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label-agreement", "0", "--judge", "x"], "--label-agreement 0"),
        (["--label-agreement", "5"], "--judge"),
        (["--judge", "x"], "add --label-agreement N"),
    ],
)
def test_half_a_request_is_named(tmp_path: Path, cli: Cli, words: list[str], message: str) -> None:
    code, _, err = cli("filter", make_corpus(tmp_path, Plan(rows=2)), *words)
    assert code == 2 and message in err
    assert not (tmp_path / "scored").exists()


def test_the_stand_in_returns_what_the_schema_asks_for(tmp_path: Path) -> None:
    """The end-to-end test above would pass with empty answers; this one would not."""
    from synth.corpus.layout import Layout
    from synth.filter.back_translation import BackTranslator
    from synth.generate.config import load_config

    with StandInProcess(tmp_path) as teacher:
        config = load_config(None, {"teacher": teacher.url, "out": str(tmp_path)})
        told = BackTranslator(Layout(tmp_path), config, print).translate(
            [Text("El perro duerme.", "es"), Text("<<refusal>> No.", "es")]
        )
    assert told == [rotate("El perro duerme."), None]
