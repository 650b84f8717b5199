"""Retrieval tasks end to end at toy size: planted counterparts are found, dual encoders learn, entities resume."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import BadSource
from synth.evaluate.data.base import EvalSet
from synth.evaluate.data.local import LocalEval
from synth.evaluate.predictions import predictions_for
from synth.evaluate.selection import select
from synth.evaluate.settings import load_settings
from synth.evaluate.stage import Place, RunContext, TaskData
from synth.evaluate.stats import cell_stats, values
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.items import Candidate, QueryItem, SpanItem
from tests.evaluate.toys import SENTENCES, toy_student
from tests.train.encode.tokenizers_of import WORDS, sentence

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)


class Sets:
    """A source of sets by task and split; entities where there are some."""

    def __init__(self, sets: dict[tuple[str, str], EvalSet], entities: tuple[Candidate, ...] = ()) -> None:
        self.sets, self.all = sets, entities

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        return tuple({found.lang for (name, own), found in self.sets.items() if (name, own) == (task, split)})

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        return self.sets[task, split]

    def entities(self) -> Iterator[Candidate]:
        return iter(self.all)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the context of an evaluation of a toy."""
    from synth.evaluate.retrieve import backbone

    def make(source: Any, student: Any = None, **changes: Any) -> RunContext:
        made = student or toy_student("e5-small")
        monkeypatch.setattr(backbone, "load_student", lambda *_args, **_more: made)
        settings = load_settings("official", changes)
        return RunContext(tmp_path, Place("toy"), source, settings, 0, "cpu", lambda _line: None)

    return make


def predict(task: str, data: EvalSet, ready: RunContext) -> tuple[Any, dict[str, float]]:
    from synth.evaluate.retrieve import retrieval_predictor

    definition = get_eval_task(task)
    predictor = retrieval_predictor(definition, TaskData(definition, (data.lang,), ready.source), ready)
    found = predictor.predict(data)
    made = predictions_for(data, found.predictions, found.scores)
    return predictor, values(cell_stats(made))


def bitext(count: int = 12) -> EvalSet:
    """Counterparts are the same sentence with a word more, on another line."""
    queries = tuple(QueryItem(str(n), "de", SENTENCES[n], (str(n),)) for n in range(count))
    candidates = tuple(Candidate(str(n), "", SENTENCES[n] + ".") for n in reversed(range(count)))
    return EvalSet("tatoeba", "de", "test", queries, candidates)


def test_tatoeba_finds_counterparts(context: Any) -> None:
    predictor, found = predict("tatoeba", bitext(), context(Sets({})))
    assert found["accuracy"] == 100.0
    wanted = {"layer": 4, "layers": 4, "pool": "mean", "length": 512, "prefix": "", "after": ""}
    assert predictor.record == wanted
    chosen = context(Sets({}), **{"retrieval.layer": -1, "retrieval.pool": "first", "retrieval.prefix": "query: "})
    record = predict("tatoeba", bitext(), chosen)[0].record
    assert (record["layer"], record["pool"], record["prefix"]) == (-1, "first", "query: ")


def test_tatoeba_after_squad_uses_the_trained_backbone(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from synth.evaluate import heads
    from synth.evaluate.retrieve import backbone

    student = toy_student("e5-small")
    model = SimpleNamespace(backbone=student.backbone, decoder=False)
    trained = SimpleNamespace(runner=SimpleNamespace(model=model), record={"target": [{"name": "squad"}]})
    asked: list[str] = []
    monkeypatch.setattr(heads, "head_predictor", lambda task, *_more: asked.append(task.name) or trained)
    monkeypatch.setattr(backbone, "load_tokenizer", lambda *_args: student.tokenizer)
    predictor, _ = predict("tatoeba", bitext(), context(Sets({}), **{"retrieval.after": "squad"}))
    assert asked == ["xquad"]
    assert predictor.student.backbone is student.backbone
    assert predictor.record["after"] == "squad"
    assert predictor.record["target"] == [{"name": "squad"}]


def corpora(split: str, first: int) -> EvalSet:
    """Eight sentences a side, four of which have a counterpart: themselves."""
    texts = SENTENCES[first : first + 12]
    queries = tuple(QueryItem(f"de-{n}", "de", texts[n], (f"en-{n}",) if n < 4 else ()) for n in range(8))
    candidates = tuple(Candidate(f"en-{n}", "en", texts[n]) for n in (*range(4), *range(8, 12)))
    return EvalSet("bucc2018", "de", split, queries, candidates)


def test_bucc_mines_with_the_threshold_of_the_development_corpora(context: Any) -> None:
    dev, test = corpora("validation", 0), corpora("test", 12)
    source = Sets({("bucc2018", "validation"): dev, ("bucc2018", "test"): test})
    predictor, found = predict("bucc2018", test, context(source))
    assert found["recall"] == 100.0
    assert found["f1"] > 75
    assert predictor.record["thresholds"]["de"] > 0
    assert (predictor.record["layer"], predictor.record["pool"]) == (4, "first")


def test_bucc_without_development_corpora_is_refused(context: Any) -> None:
    test = corpora("test", 0)
    with pytest.raises(BadSource, match="no development corpora"):
        predict("bucc2018", test, context(Sets({("bucc2018", "test"): test})))


def squad(rows: int = 24) -> EvalSet:
    """Each question repeats a word of the sentence that answers it."""
    words = [word for lang in ("en", "tr", "ru", "el", "vi") for word in WORDS[lang]]
    items = []
    for n in range(rows):
        word = words[n % len(words)]
        context = f"Nothing stands here. {word.title()} opens at nine. The end."
        start = context.index(word.title())
        items.append(SpanItem(f"q{n}", "en", context, f"{word} {word}", (word.title(),), (start,)))
    return EvalSet("xquad", "en", "train", tuple(items))


def test_a_question_is_paired_with_its_sentence_and_paragraph() -> None:
    from synth.evaluate.retrieve.answers import answer_pair

    text = "First it rained.\nThen the mill burned down. Nobody was hurt."
    item = SpanItem("q", "en", text, "What burned?", ("the mill",), (text.index("the mill"),))
    sentence_and_all = "Then the mill burned down." + text.replace("\n", "")
    assert answer_pair(item) == ("What burned?", sentence_and_all)
    assert answer_pair(replace(item, starts=(len(text),))) is None
    assert answer_pair(replace(item, starts=(16,))) is None  # between two sentences


def answers(train: EvalSet) -> tuple[EvalSet, TaskData]:
    """The training questions, asked again, with their sentences as candidates."""
    from synth.evaluate.retrieve.answers import answer_pair

    queries, pool = [], []
    for n, item in enumerate(train.items):
        assert isinstance(item, SpanItem) and answer_pair(item) is not None
        low = item.context.index(". ") + 2
        inside = item.context[low : item.context.index(".", low) + 1]
        pool.append(Candidate(f"en_{n}_1", "en", inside, item.context))
        queries.append(QueryItem(item.item_id, "en", item.question, (f"en_{n}_1",), None, item.item_id))
    data = EvalSet("lareqa", "en", "test", tuple(queries), tuple(pool))
    return data, TaskData(get_eval_task("lareqa"), ("en",), Sets({("lareqa", "test"): data}))


SMALL_DUAL = {
    "lareqa.optim.learning_rate": 5e-3,
    "lareqa.optim.batch_size": 12,
    "lareqa.optim.accumulation": 1,
    "lareqa.epochs": 25,
    "lareqa.lengths.question": 24,
    "lareqa.lengths.pair": 64,
}


def test_a_dual_encoder_learns_to_rank_planted_pairs(context: Any) -> None:
    from synth.evaluate.retrieve.answers import answers_predictor

    train = squad()
    data, task = answers(train)
    source = Sets({("xquad", "train"): train, ("xquad", "validation"): train})
    student = toy_student("qwen3-1.7b", num_hidden_layers=2)
    predictor = answers_predictor(task, context(source, student, **SMALL_DUAL))
    found = predictor.predict(task.set_of("en"))
    score = values(cell_stats(predictions_for(data, found.predictions, found.scores)))["map@20"]
    loss = predictor.record["target"][0]["loss"]
    assert loss[-1] < loss[0] / 3
    assert score > 80  # a random order of 24 gives 16
    assert predictor.record["candidates"] == 24
    assert max(max(row) for row in found.scores) <= 1.0001  # cosines


def test_vectors_are_those_that_were_trained(context: Any) -> None:
    """What `encode` gives for queries and candidates is what the loss was computed from."""
    import torch

    from synth.evaluate.retrieve.dual import SPEC, DualEncoder, Lengths2, item_features
    from synth.train.encode.features import merge_batch
    from synth.train.encode.pieces import Cutter
    from synth.train.heads import MultiHead, to_tensors

    for name in ("e5-small", "gemma3-270m"):
        student = toy_student(name)
        lengths = Lengths2(12, 20)
        pairs = [(SENTENCES[n], SENTENCES[n + 1] * 2) for n in range(6)]
        cutter = Cutter(student.tokenizer, student.decoder)
        encode = item_features(lambda item, own=pairs: own[int(item.item_id)], cutter, lengths)  # type: ignore[misc]
        features = [encode(QueryItem(str(n), "en", "", ()))[0] for n in range(6)]
        model = MultiHead(student.backbone, {"target": SPEC}, student.decoder).eval()
        with torch.no_grad():
            out = model("target", to_tensors(merge_batch(features, student.tokenizer.pad_token_id)))
        encoder = DualEncoder(student, lengths, 64, "fp32", {})
        assert np.allclose(out.scores[:, 0], encoder.queries([one for one, _ in pairs], ""), atol=1e-5)
        assert np.allclose(out.scores[:, 1], encoder.candidates([one for _, one in pairs], ""), atol=1e-5)
        scores = 100 * out.scores[:, 0] @ out.scores[:, 1].T
        assert float(out.loss) == pytest.approx(
            float(torch.nn.functional.cross_entropy(scores, torch.arange(6))), rel=1e-4
        )


def pair_line(number: int, text: str, entity: str, description: str) -> str:
    """One line of `wikipedia_pairs-train.jsonl`."""
    spans = [{"start": 0, "end": len(text)}]
    mention = {"example_id": f"m{number}", "mention_span": {"start": 0, "end": 3, "text": text[:3]}}
    row = {
        "contextual_mention": {
            "context": {"language": "en", "text": text, "sentence_spans": spans},
            "mention": {**mention, "entity_id": entity},
        },
        "entity": entity_row(entity, description),
    }
    return json.dumps(row) + "\n"


def entity_row(entity: str, description: str) -> dict[str, Any]:
    return {
        "entity_id": entity,
        "title": entity,
        "description": description,
        "description_language": "en",
        "sentence_spans": [{"start": 0, "end": len(description)}],
    }


def mention_line(number: int, text: str) -> str:
    """One line of `wikinews_mentions-test.jsonl`."""
    context = {"language": "en", "text": text, "sentence_spans": [{"start": 0, "end": len(text)}]}
    span = {"start": 0, "end": 3, "text": text[:3]}
    mention = {"example_id": f"t{number}", "mention_span": span, "entity_id": f"Q{number}"}
    return json.dumps({"context": context, "mentions": [mention]}) + "\n"


def linking_files(folder: Path, entities: int = 9) -> Path:
    """Mentions and entities in Mewsli-X's own forms: a description repeats the mention's sentence."""
    texts = [sentence(lang, words) for lang, words in WORDS.items()][:entities]
    pairs = "".join(pair_line(n, text, f"Q{n}", f"{text} {text}") for n, text in enumerate(texts))
    (folder / "pairs.jsonl").write_text(pairs, encoding="utf-8")
    rows = [json.dumps(entity_row(f"Q{n}", f"{text} {text}")) + "\n" for n, text in enumerate(texts)]
    (folder / "entities.jsonl").write_text("".join(rows), encoding="utf-8")
    (folder / "test.jsonl").write_text("".join(mention_line(n, text) for n, text in enumerate(texts)), encoding="utf-8")
    sources = folder / "sources.yaml"
    sources.write_text("tasks: {mewslix: {train: pairs.jsonl, candidates: entities.jsonl, test: test.jsonl}}\n")
    return sources


SMALL_LINKING = {
    "mewslix.optim.learning_rate": 5e-3,
    "mewslix.optim.batch_size": 9,
    "mewslix.optim.accumulation": 1,
    "mewslix.epochs": 30,
}


def test_mewslix_from_files_to_ranked_entities(tmp_path: Path, context: Any) -> None:
    source = LocalEval(linking_files(tmp_path))
    student = toy_student("qwen3-1.7b", num_hidden_layers=2)
    predictor, found = predict(
        "mewslix", source.load("mewslix", "en", "test"), context(source, student, **SMALL_LINKING)
    )
    assert found["map@20"] > 80  # a random order of 9 gives 31
    assert predictor.record["candidates"] == 9
    assert (tmp_path / "target" / "mewslix" / "candidates.npy").is_file()
    lost = EvalSet("mewslix", "en", "test", (QueryItem("t1", "en", "the: { the }", ("Q77",)),))
    with pytest.raises(
        BadSource, match="1 of 1 mentions mean entities that are not among the 9 candidates, such as Q77"
    ):
        predictor.predict(lost)


def test_encoding_entities_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate.retrieve import linking
    from synth.evaluate.retrieve.dual import DualEncoder, Lengths2

    monkeypatch.setattr(linking, "BLOCK", 4)
    encoder = DualEncoder(toy_student("e5-small"), Lengths2(24, 24), 256, "fp32", {})
    everything = tuple(Candidate(f"Q{n}", "en", text) for n, text in enumerate(SENTENCES[:11]))
    blocks: list[str] = []

    def run(made_from: str, stop_after: int = 99) -> Any:
        def say(line: str) -> None:
            if len(blocks) >= stop_after:
                raise KeyboardInterrupt
            blocks.append(line)

        return linking.encoded(lambda: iter(everything), encoder, tmp_path, made_from, say)

    with pytest.raises(KeyboardInterrupt):
        run("model", stop_after=2)
    names, vectors = run("model")
    assert len(blocks) == 3
    assert names == [f"Q{n}" for n in range(11)]
    assert np.allclose(vectors, encoder.candidates([one.text for one in everything], ""), atol=1e-6)
    run("another model")
    assert len(blocks) == 6


def test_training_pairs_carry_the_descriptions(tmp_path: Path) -> None:
    from synth.evaluate.tasks.items import gold_of

    found = LocalEval(linking_files(tmp_path)).load("mewslix", "en", "train")
    assert [gold_of(item) for item in found.items[:2]] == [("Q0",), ("Q1",)]
    described = {one.item_id: one.text for one in found.candidates}
    assert described["Q0"].startswith("the library stands")
    assert found.items[0].text == "the: { the } library stands near the old harbour and opens at nine on Monday"  # type: ignore[union-attr]


def test_what_a_source_lacks_is_named(tmp_path: Path) -> None:
    sources = linking_files(tmp_path)
    sources.write_text("tasks: {mewslix: {train: pairs.jsonl, test: test.jsonl}}\n")
    with pytest.raises(
        BadSource, match=r"mewslix cannot be evaluated: the source has no entities \(split candidates\)"
    ):
        select(LocalEval(sources), "mewslix", None, "heads")
    sources.write_text("tasks: {mewslix: {candidates: entities.jsonl, test: test.jsonl}}\n")
    with pytest.raises(BadSource, match="no English training set"):
        select(LocalEval(sources), "mewslix", None, "text")
