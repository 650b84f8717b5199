from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.errors import BadFlag, BadSource
from synth.filter.contamination import load_test_sets, read_test_sets
from synth.filter.contamination.files import READERS

CONLLU = "# sent_id = 1\n# text = Vamos al bar.\n" + "\n".join(
    "\t".join([number, form, *["_"] * 8])
    for number, form in [("1", "Vamos"), ("2-3", "al"), ("2", "a"), ("3", "el"), ("4", "bar"), ("5", ".")]
)


def read(tmp_path: Path, test_set: str, lang: str, content: str) -> list[tuple[str, str]]:
    (tmp_path / "data").write_text(content, encoding="utf-8")
    (tmp_path / "sets.yaml").write_text(f"{test_set}: {{{lang}: [data]}}")
    return [(text.field, text.text) for text in read_test_sets(load_test_sets(tmp_path / "sets.yaml"), tmp_path)]


@pytest.mark.parametrize(
    ("test_set", "lang", "content", "expected"),
    [
        ("xnli", "es", "Una.\tDos.\tneutral\n", [("sentence1", "Una."), ("sentence2", "Dos.")]),
        (
            "xnli",
            "es",
            "language\tgold_label\tsentence1\tsentence2\nes\tneutral\tUna.\tDos.\nfr\tneutral\tUn.\tDeux.\n",
            [("sentence1", "Una."), ("sentence2", "Dos.")],
        ),
        ("pawsx", "de", "Eins\tZwei\t1\n", [("sentence1", "Eins"), ("sentence2", "Zwei")]),
        (
            "xcopa",
            "et",
            '{"premise": "A.", "choice1": "B.", "choice2": "C."}\r\n',
            [("premise", "A."), ("choice1", "B."), ("choice2", "C.")],
        ),
        ("panx", "es", "es:Ana\tB-PER\nes:canta\tO\n\nHola\tO\n", [("tokens", "Ana canta"), ("tokens", "Hola")]),
        ("panx", "zh", "前\tB-LOC\n鎮\tI-LOC\n", [("tokens", "前鎮")]),
        ("udpos", "es", CONLLU + "\n\n", [("text", "Vamos al bar."), ("tokens", "Vamos a el bar .")]),
        ("udpos", "yo", "tó SCONJ\n, PUNCT\n", [("tokens", "tó ,")]),
        ("tatoeba", "de", "Hallo.\nJa.\n", [("sentence", "Hallo."), ("sentence", "Ja.")]),
        ("bucc2018", "zh", "zh-000000001\t辽宁省。\n", [("sentence", "辽宁省。")]),
        ("mewslix", "en", '{"context": {"text": "A text."}}\n' * 2, [("text", "A text.")]),
        (
            "tydiqa",
            "fi",
            '{"data": [{"paragraphs": [{"context": "C.", "qas": [{"id": 7, "question": "Q?"}]}]}]}',
            [("context", "C."), ("question", "Q?")],
        ),
    ],
)
def test_each_format(tmp_path: Path, test_set: str, lang: str, content: str, expected: list[tuple[str, str]]) -> None:
    assert read(tmp_path, test_set, lang, content) == expected


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("xquadd: {es: [a]}", "unknown test set 'xquadd'"),
        ("xquad: [a]", "does not name test sets"),
        ("xquad: {es: [missing.json]}", "missing.json does not exist"),
        ("xquad: {es: ['*.nothing']}", "does not exist"),
        ("xquad: {es: [", "does not name test sets"),
        ("xquad: {es: [a]}\nmlqa: {es: [a]}\nxquad: {de: [a]}", "the key 'xquad' is given twice"),
        ("xquad: {spa_n: [a]}", "xquad: .*spa_n"),
    ],
)
def test_a_wrong_file_of_test_sets_is_named(tmp_path: Path, yaml: str, message: str) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text(yaml)
    with pytest.raises(BadFlag, match=message):
        list(read_test_sets(load_test_sets(path), tmp_path))
    with pytest.raises(BadFlag, match="check the path"):
        load_test_sets(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("test_set", "content"),
    [
        ("xquad", "{"), ("xquad", '{"version": 1}'), ("xquad", '{"data": []}'), ("xcopa", "not json"), ("xcopa", "[1]"),
        ("xcopa", '{"premise": "A.", "choices": ["B.", "C."]}'), ("xnli", "one column\n"), ("xnli", ""),
        ("panx", "\n\n"),
        ("xnli", "language\tsentence1\tsentence2\nes\n"), ("bucc2018", "A sentence without an id.\n"),
        ("mewslix", '{"context": "A text."}'), ("mewslix", '{"text": "A text."}'),
    ],
)  # fmt: skip
def test_a_broken_test_file_is_named(tmp_path: Path, test_set: str, content: str) -> None:
    with pytest.raises(BadSource, match="data"):
        read(tmp_path, test_set, "es", content)


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    odd = "Uno\u2028dos\u0085tres\x0cfin."
    paragraph = {"context": odd, "qas": [{"id": "x", "question": odd}]}
    squad = json.dumps({"data": [{"paragraphs": [paragraph]}]}, ensure_ascii=False)
    assert read(tmp_path, "xquad", "es", squad) == [("context", odd), ("question", odd)]
    assert read(tmp_path, "tatoeba", "es", f"{odd}\nDos.\n") == [("sentence", odd), ("sentence", "Dos.")]
    assert read(tmp_path, "xnli", "es", f"{odd}\tDos.\tneutral\n") == [("sentence1", odd), ("sentence2", "Dos.")]


def test_languages_go_by_any_of_their_codes(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("שלום.\n", "utf-8")
    (tmp_path / "sets.yaml").write_text("tatoeba: {iw: [data], jw: [data]}")
    texts = list(read_test_sets(load_test_sets(tmp_path / "sets.yaml"), tmp_path))
    assert [text.lang for text in texts] == ["he", "jv"]


def test_all_test_sets_of_the_suite_have_a_reader() -> None:
    from synth.languages import LANGUAGES

    needed = {task for language in LANGUAGES.values() for task in language.xtreme}
    assert needed <= set(READERS)
