"""Files in original and in XTREME's layout, with sentences of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag, BadSource
from synth.evaluate.data.base import EvalSet
from synth.evaluate.data.collect import pool
from synth.evaluate.data.local import LocalEval
from synth.evaluate.tasks.items import ChoiceItem, PairItem, QueryItem, SpanItem, TagItem, gold_of
from synth.sources.local import FileSource


def load(tmp_path: Path, task: str, lang: str, files: dict[str, str], entry: str, split: str = "test") -> EvalSet:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(f"tasks:\n  {task}: {{{split}: {entry}}}\n", encoding="utf-8")
    return LocalEval(tmp_path / "sources.yaml").load(task, lang, split)


def test_xnli_in_xtremes_layout(tmp_path: Path) -> None:
    text = 'Es "regnet".\tEs ist nass.\tentailment\nEr ging.\tEr blieb.\tcontradictory\n'
    found = load(tmp_path, "xnli", "de", {"dev-de.tsv": text}, '"dev-{lang}.tsv"')
    first = found.items[0]
    assert isinstance(first, PairItem)
    assert first.first == 'Es "regnet".'  # quotes are text
    assert [gold_of(item) for item in found.items] == [("entailment",), ("contradiction",)]
    assert [item.cluster for item in found.items] == ["0", "1"]  # parallel across languages by line
    assert found.origin["parts"][0]["path"] == "dev-de.tsv"


def test_xnli_in_its_original_layout_keeps_one_language(tmp_path: Path) -> None:
    head = "language\tgold_label\tsentence1\tsentence2\tpairID\n"
    text = head + "sw\tneutral\tAlikwenda.\tAlicheka.\t7\nfr\tneutral\tIl va.\tIl rit.\t7\n"
    found = load(tmp_path, "xnli", "sw", {"xnli.test.tsv": text}, "xnli.test.tsv")
    assert [item.item_id for item in found.items] == ["7"]


def test_xnlis_lines_belong_together_whichever_layout_they_are_in(tmp_path: Path) -> None:
    """Rows are counted by language: in the one file of the original release, and in formats without lines."""
    rows = [("ar", "Mmoja."), ("ar", "Mbili."), ("sw", "Moja."), ("sw", "Wawili.")]
    table = "language\tgold_label\tsentence1\tsentence2\n" + "".join(f"{a}\tneutral\t{b}\tNdiyo.\n" for a, b in rows)
    for lang in ("ar", "sw"):
        found = load(tmp_path, "xnli", lang, {"xnli.test.tsv": table}, "xnli.test.tsv")
        assert [item.cluster for item in found.items] == ["0", "1"]
    objects = [{"language": a, "gold_label": "neutral", "sentence1": b, "sentence2": "Ndiyo."} for a, b in rows]
    text = "".join(json.dumps(row) + "\n" for row in objects)
    found = load(tmp_path, "xnli", "sw", {"xnli.test.jsonl": text}, "xnli.test.jsonl")
    assert [item.cluster for item in found.items] == ["0", "1"]


def test_test_files_without_labels_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="original release"):
        load(tmp_path, "pawsx", "de", {"test-de.tsv": "Eins.\tZwei.\n"}, '"test-{lang}.tsv"')


def test_an_answer_without_letters_is_no_gold(tmp_path: Path) -> None:
    asked = {"id": "finnish-1", "question": "Kuka?", "answers": [{"answer_start": 0, "text": ""}]}
    squad = json.dumps({"data": [{"title": "", "paragraphs": [{"context": "Aino lauloi.", "qas": [asked]}]}]})
    with pytest.raises(BadSource, match=r"1 of 1 items have no gold.*original release"):
        load(tmp_path, "tydiqa", "fi", {"fi.json": squad}, '"{lang}.json"')


def test_a_wrong_label_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="'yes' is none of 0, 1"):
        load(tmp_path, "pawsx", "de", {"test-de.tsv": "Eins.\tZwei.\tyes\n"}, '"test-{lang}.tsv"')


def test_equal_rows_are_all_kept_with_different_ids(tmp_path: Path) -> None:
    found = load(tmp_path, "pawsx", "de", {"t-de.tsv": "Eins.\tZwei.\t1\n" * 3}, '"t-{lang}.tsv"')
    first = found.items[0].item_id
    assert [item.item_id for item in found.items] == [first, f"{first}#2", f"{first}#3"]


def test_xcopa_with_crlf(tmp_path: Path) -> None:
    row = {"premise": "Paka alilala.", "choice1": "A", "choice2": "B", "question": "cause", "label": 1, "idx": 4}
    found = load(tmp_path, "xcopa", "sw", {"test.sw.jsonl": json.dumps(row) + "\r\n"}, '"test.{lang}.jsonl"')
    assert found.items == (ChoiceItem("4", "sw", "Paka alilala.", "cause", ("A", "B"), "1", "4"),)


@pytest.mark.parametrize("gold", [{"correct": "C"}, {"label": "3"}])
def test_social_iqa_trains_xcopa(tmp_path: Path, gold: dict[str, str]) -> None:
    row = {"context": "Robin fell.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c", **gold}
    found = load(tmp_path, "xcopa", "en", {"s.jsonl": json.dumps(row) + "\n"}, "s.jsonl", split="train")
    assert isinstance(found.items[0], ChoiceItem)
    assert (found.items[0].choices, found.items[0].gold) == (("a", "b", "c"), "2")


CONLLU = """# sent_id = s1
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\t_\t3\tdet\t_\t_
3\tpont\tpont\tNOUN\t_\t_\t0\troot\t_\t_
3.1\tvu\t_\tVERB\t_\t_\t_\t_\t0:root\t_

1-2\tdámelo\t_\t_\t_\t_\t_\t_\t_\t_
1\tda\tdar\tVERB\t_\t_\t0\troot\t_\t_
2\tmelo\tyo\tPRON\t_\t_\t1\tobj\t_\t_

1\t_\t_\tNOUN\t_\t_\t0\troot\t_\t_
2\t_\t_\tVERB\t_\t_\t1\tdep\t_\t_
"""


def tags(found: EvalSet) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(item.tokens, item.tags) for item in found.items if isinstance(item, TagItem)]


def test_conllu_joins_written_words_as_xtreme_does(tmp_path: Path) -> None:
    """Equal depth: VERB AUX ... ADP before DET; different depth: the higher one. Hidden words are left out."""
    found = load(tmp_path, "udpos", "fr", {"fr_x-ud-test.conllu": CONLLU}, '"{lang}_*.conllu"')
    assert tags(found) == [(("du", "pont"), ("ADP", "NOUN")), (("dámelo",), ("VERB",))]
    assert found.items[0].item_id == "s1"


def test_conllu_with_the_parts_as_on_the_hub(tmp_path: Path) -> None:
    entry = '{path: "{lang}_*.conllu", format: conllu_words}'
    found = load(tmp_path, "udpos", "fr", {"fr_x-ud-test.conllu": CONLLU}, entry)
    assert tags(found)[0] == (("de", "le", "pont"), ("ADP", "DET", "NOUN"))


def test_a_broken_line_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    found = load(tmp_path, "udpos", "fr", {"fr.conllu": "1\tpont\n\n" + CONLLU}, '"{lang}.conllu"')
    assert len(found.items) == 2
    assert [problem.what for problem in found.problems] == ["bad_row"]


@pytest.mark.parametrize("prefix", ["", "af:"])
def test_wikiann_with_and_without_the_language_before_tokens(tmp_path: Path, prefix: str) -> None:
    lines = [("Oom", "B-PER"), ("re:Jan", "I-PER"), ("", ""), ("Hy", "O")]
    text = "".join(f"{prefix}{token}\t{tag}\n" if token else "\n" for token, tag in lines)
    found = load(tmp_path, "panx", "af", {"dev-af.tsv": text}, '"dev-{lang}.tsv"')
    assert tags(found) == [(("Oom", "re:Jan"), ("B-PER", "I-PER")), (("Hy",), ("O",))]


def test_tags_of_another_task_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="NOUN"):
        load(tmp_path, "panx", "af", {"dev-af.tsv": "Hy\tNOUN\n"}, '"dev-{lang}.tsv"')


def squad(context: str, name: str, question: str, answer: str, start: int, **more: Any) -> str:
    answers = [{"text": answer, "answer_start": start}]
    paragraph = {"context": context, "qas": [{"id": name, "question": question, "answers": answers}], **more}
    return json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [paragraph]}]}, ensure_ascii=False)


def test_an_answer_at_a_wrong_offset_is_noted_and_used(tmp_path: Path) -> None:
    text = squad("Мост стар.", "q1", "Что старо?", "Мост", 3)
    found = load(tmp_path, "xquad", "ru", {"xquad.ru.json": text}, '"xquad.{lang}.json"')
    assert isinstance(found.items[0], SpanItem)
    assert [problem.what for problem in found.problems] == ["wrong_offset"]


def test_tydiqa_in_one_file_is_told_apart_by_its_ids(tmp_path: Path) -> None:
    text = squad("Daraja.", "swahili-12-1", "Nini?", "Daraja", 0)
    found = load(tmp_path, "tydiqa", "sw", {"dev.json": text}, "dev.json")
    assert len(found.items) == 1
    with pytest.raises(BadSource, match="nothing usable"):
        load(tmp_path, "tydiqa", "ko", {"dev.json": text}, "dev.json")


def test_tatoeba_pairs_lines_and_asks_in_xtremes_order(tmp_path: Path) -> None:
    files = {"tatoeba.deu-eng.deu": "Wo?\nAch!\n", "tatoeba.deu-eng.eng": "Where?\nOh!\n"}
    found = load(tmp_path, "tatoeba", "de", files, '"tatoeba.{lang3}-eng.{lang3}"')
    assert [(item.text, item.gold) for item in found.items if isinstance(item, QueryItem)] == [
        ("Oh!", ("1",)),
        ("Where?", ("0",)),
    ]
    assert [one.text for one in found.candidates] == ["Wo?", "Ach!"]


def test_tatoeba_with_a_sorted_english_side_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"line {place:03d}\n" for place in range(30))
    with pytest.raises(BadSource, match="LASER"):
        load(tmp_path, "tatoeba", "de", {"de-en.de": lines, "de-en.en": lines}, '"{lang}-en.{lang}"')


def test_tatoeba_of_different_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="2 lines and"):
        load(tmp_path, "tatoeba", "de", {"x.deu": "a\nb\n", "x.eng": "a\n"}, '"x.{lang3}"')


def test_bucc_reads_three_files(tmp_path: Path) -> None:
    files = {"de-en.dev.de": "de-1\tWo?\nde-2\tNie.\n", "de-en.dev.en": "en-9\tWhere?\n"}
    with pytest.raises(BadSource, match=r"de-en\.dev\.gold"):
        load(tmp_path, "bucc2018", "de", files, '"{lang}-en.dev.{lang}"')
    found = load(tmp_path, "bucc2018", "de", files | {"de-en.dev.gold": "de-1\ten-9\n"}, '"{lang}-en.dev.{lang}"')
    assert [gold_of(item) for item in found.items] == [("en-9",), ()]
    assert [one.item_id for one in found.candidates] == ["en-9"]
    with pytest.raises(BadSource, match="such as de-7"):
        load(tmp_path, "bucc2018", "de", {"de-en.dev.gold": "de-7\ten-9\n"}, '"{lang}-en.dev.{lang}"')


def lareqa(lang: str, first: str, second: str) -> str:
    context = f"{first} {second}"
    breaks = [[0, len(first)], [len(first) + 1, len(context)]]
    return squad(context, "q1", f"{lang}?", second[:3], len(first) + 1, sentence_breaks=breaks)


def test_lareqa_pools_the_answers_of_all_languages(tmp_path: Path) -> None:
    files = {"de.json": lareqa("de", "Nichts hier.", "Hier ja."), "el.json": lareqa("el", "Όχι.", "Ναι εδώ.")}
    sets = [load(tmp_path, "lareqa", lang, files, '"{lang}.json"') for lang in ("de", "el")]
    joined, candidates = pool(sets)
    assert [item.item_id for one in joined for item in one.items] == ["q1_de", "q1_el"]
    assert {gold_of(item) for one in joined for item in one.items} == {("de_1_1", "el_1_1")}
    assert len(candidates) == 4
    assert candidates[1].context == "Nichts hier. Hier ja."


def test_lareqa_without_sentence_boundaries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="sentence_breaks"):
        load(tmp_path, "lareqa", "de", {"de.json": squad("Ja.", "q", "?", "Ja", 0)}, '"{lang}.json"')


def test_mewslix_marks_the_mention_in_its_sentence(tmp_path: Path) -> None:
    text = "First. The {old} Bridge fell. Last."
    start = text.index("Bridge")
    spans = [{"start": 0, "end": 6}, {"start": 7, "end": 29}, {"start": 30, "end": 35}]
    mention = {"example_id": "m1", "mention_span": {"start": start, "end": start + 6, "text": "Bridge"}}
    row = {
        "context": {"language": "en", "text": text, "sentence_spans": spans},
        "mentions": [{**mention, "entity_id": "Q12280"}],
    }
    found = load(tmp_path, "mewslix", "en", {"m.jsonl": json.dumps(row) + "\n"}, "m.jsonl")
    assert isinstance(found.items[0], QueryItem)
    assert found.items[0].text == "Bridge: The (old) { Bridge } fell."
    assert found.items[0].gold == ("Q12280",)


def test_languages_are_those_with_files(tmp_path: Path) -> None:
    (tmp_path / "dev-de.tsv").touch()
    (tmp_path / "dev-sw.tsv").touch()
    (tmp_path / "s.yaml").write_text('tasks: {xnli: {test: "dev-{lang}.tsv"}}\n')
    source = LocalEval(tmp_path / "s.yaml")
    assert source.languages("xnli", "test") == ("de", "sw")
    assert source.languages("xquad", "test") == ()
    with pytest.raises(BadSource, match="no file dev-fr"):
        source.load("xnli", "fr", "test")
    with pytest.raises(BadSource, match="no split"):
        source.load("xnli", "de", "dev")


def test_a_format_of_another_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="does not hold xnli"):
        load(tmp_path, "xnli", "de", {"d.tsv": "a\tb\tneutral\n"}, "{path: d.tsv, format: conllu}")


def test_entries_may_use_those_of_generations_tasks(tmp_path: Path) -> None:
    """One sources file serves `synth generate` and `synth evaluate`."""
    row = {"sentence1": "It rains.", "sentence2": "It is wet.", "gold_label": "neutral", "pairID": "1e"}
    (tmp_path / "mnli.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    sources = tmp_path / "s.yaml"
    sources.write_text("tasks:\n  mnli: {train: mnli.jsonl}\n  xnli: {train: {use: mnli}}\n", encoding="utf-8")
    assert [item.item_id for item in LocalEval(sources).load("xnli", "en", "train").items] == ["1e"]
    assert "en" in LocalEval(sources).languages("xnli", "train")
    assert [one.row["premise"] for one in FileSource(sources).load("mnli", "train").examples] == ["It rains."]
    sources.write_text("tasks:\n  xnli: {train: {use: mnli}}\n", encoding="utf-8")
    with pytest.raises(BadSource, match="no task 'mnli'"):
        LocalEval(sources).load("xnli", "en", "train")
    sources.write_text("tasks:\n  xnli: {train: {use: pawsx}}\n  pawsx: {train: {use: xnli}}\n", encoding="utf-8")
    with pytest.raises(BadFlag, match="leads to another `use`"):
        LocalEval(sources).languages("xnli", "train")


def test_a_folder_laid_out_as_a_hub_repository(tmp_path: Path) -> None:
    rows = {"test-de": [{"premise": "Es regnet.", "hypothesis": "Nass.", "label": 1}]}
    (tmp_path / "repo" / "de").mkdir(parents=True)
    for name, content in rows.items():
        path = tmp_path / "repo" / "de" / f"{name.partition('-')[0]}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    sources = tmp_path / "s.yaml"
    sources.write_text("tasks:\n  xnli: {test: {hub: repo, config: '{lang}'}}\n", encoding="utf-8")
    readme = "---\nconfigs:\n- config_name: de\n  data_files:\n  - {split: test, path: de/test.jsonl}\n---\n"
    (tmp_path / "repo" / "README.md").write_text(readme, encoding="utf-8")
    found = LocalEval(sources).load("xnli", "de", "test")
    assert [gold_of(item) for item in found.items] == [("neutral",)]
    assert (found.origin["repo"], found.origin["revision"][:7]) == ("repo", "folder:")


def test_entities_of_a_hub_data_set_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import Dataset

    from synth.evaluate.data import hub

    row = {"entity_id": "Q1", "description": "A bridge.", "description_language": "en"}
    asked: list[Any] = []
    monkeypatch.setattr(hub, "resolve_revision", lambda *_words: "c" * 40)
    data = Dataset.from_list([row | {"sentence_spans": [{"start": 0, "end": 9}]}])

    def loaded(*words: Any) -> Any:
        asked.append(words)
        return data

    monkeypatch.setattr(hub, "_load", loaded)
    sources = tmp_path / "s.yaml"
    entry = "{hub: izhx/mewsli-x, config: candidate_entities, split: train}"
    sources.write_text(f"tasks: {{mewslix: {{candidates: {entry}}}}}\n", encoding="utf-8")
    assert [one.item_id for one in LocalEval(sources).entities()] == ["Q1"]
    assert asked[0][:3] == ("izhx/mewsli-x", "candidate_entities", "train")


def test_a_hub_data_set_beside_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "de.tsv").write_text("A.\tB.\tneutral\n", encoding="utf-8")
    sources = tmp_path / "s.yaml"
    sources.write_text("tasks: {xnli: {test: ['{lang}.tsv', {hub: facebook/xnli}]}}\n", encoding="utf-8")
    with pytest.raises(BadFlag, match="cannot stand beside"):
        LocalEval(sources).load("xnli", "de", "test")


def test_treebanks_come_in_the_order_of_their_files_as_in_xtreme(tmp_path: Path) -> None:
    """By the name of the file, not of the folder: `en_partut` before `en_pud`, but UD_English-PUD before -ParTUT."""
    names = {"UD_English-PUD/en_pud": "pud", "UD_English-ParTUT/en_partut": "partut"}
    row = "1\tships\t_\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
    files = {f"{name}-ud-test.conllu": f"# sent_id = {one}\n{row}" for name, one in names.items()}
    found = load(tmp_path, "udpos", "en", files, '"*/{lang}_*-ud-test.conllu"')
    assert [item.item_id for item in found.items] == ["partut", "pud"]


def test_a_language_may_be_named_in_small_letters(tmp_path: Path) -> None:
    """TyDiQA's own files: `tydiqa-goldp-dev-swahili.json`."""
    text = squad("Daraja.", "swahili-12-1", "Nini?", "Daraja", 0)
    files = {"tydiqa-goldp-dev-swahili.json": text}
    assert len(load(tmp_path, "tydiqa", "sw", files, '"tydiqa-goldp-dev-{name}.json"').items) == 1


def test_gold_pairs_of_english_sentences_that_are_not_there_are_refused(tmp_path: Path) -> None:
    files = {"x.de": "de-1\tWo?\n", "x.en": "en-9\tWhere?\n", "x.gold": "de-1\ten-8\n"}
    with pytest.raises(BadSource, match=r"x\.en lacks, such as en-8"):
        load(tmp_path, "bucc2018", "de", files, '"x.{lang}"')


def test_the_training_set_that_xnli_was_released_with(tmp_path: Path) -> None:
    text = "premise\thypo\tlabel\nIt rains .\tIt is dry .\tcontradictory\n"
    found = load(tmp_path, "xnli", "en", {"multinli.train.en.tsv": text}, "multinli.train.en.tsv", split="train")
    assert [gold_of(item) for item in found.items] == [("contradiction",)]
    assert not found.problems


def test_bucc_without_a_gold_pair_is_refused(tmp_path: Path) -> None:
    files = {"x.de": "de-1\tWo?\n", "x.en": "en-9\tWhere?\n", "x.gold": "\n"}
    with pytest.raises(BadSource, match=r"x\.gold names no pair"):
        load(tmp_path, "bucc2018", "de", files, '"x.{lang}"')
